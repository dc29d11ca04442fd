"""Every way in which a connection can go wrong has its own sentence."""

from __future__ import annotations

import socket
import tracemalloc

import pytest
from local_servers import Certificates, as_json, serve

from migration.errors import MigrationError
from migration.http import Server, Url


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def ok(handler):
    handler.read_body()
    return as_json(200, {"ok": True})


def fails(server: Server) -> MigrationError:
    with pytest.raises(MigrationError) as caught:
        server.request("GET", "/")
    assert "Mend it with: `" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_a_signed_certificate_is_accepted_at_another_address_and_keeps_name_and_host(certificates):
    pem = certificates.issue("good.pem", "v5.client1.test")
    with serve(ok, pem) as server:
        url = f"https://v5.client1.test:{server.port}"
        answer = Server(url, "127.0.0.1", str(certificates.ca_file), 5).request("GET", "/api")
        assert (answer.status, answer.json()) == (200, {"ok": True})
        assert server.names == ["v5.client1.test"]
        assert server.seen[0][2]["Host"] == f"v5.client1.test:{server.port}"


@pytest.mark.parametrize(
    ("options", "id", "says"),
    [
        ({"self_signed": True}, "tls-self-signed", "self-signed"),
        ({"start": -20, "end": -2}, "tls-expired", "expired"),
        ({"start": 2, "end": 9}, "tls-not-yet-valid", "not valid yet"),
    ],
)
def test_a_bad_certificate_is_named(certificates, options, id, says):
    pem = certificates.issue(f"{id}.pem", "localhost", **options)
    with serve(ok, pem) as server:
        error = fails(Server(f"https://localhost:{server.port}", "127.0.0.1", str(certificates.ca_file), 5))
    assert error.id == id
    assert says in str(error)
    assert server.seen == []


def test_a_certificate_for_another_name_is_named(certificates):
    pem = certificates.issue("other.pem", "other.test")
    with serve(ok, pem) as server:
        error = fails(Server(f"https://localhost:{server.port}", "127.0.0.1", str(certificates.ca_file), 5))
    assert error.id == "tls-wrong-name"
    assert "another name than localhost" in str(error)


def test_an_issuer_that_the_system_does_not_know_is_named(certificates):
    pem = certificates.issue("unknown.pem", "localhost")
    with serve(ok, pem) as server:
        error = fails(Server(f"https://localhost:{server.port}", "127.0.0.1", "", 5))
    assert error.id == "tls-unknown-issuer"


def test_a_server_that_does_not_speak_tls_is_named():
    with serve(ok) as server:
        error = fails(Server(f"https://localhost:{server.port}", "127.0.0.1", "", 5))
    assert error.id == "tls-handshake-failed"


def test_refused_unknown_name_and_silence_are_told_apart():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    refused = fails(Server(f"http://127.0.0.1:{port}", timeout=5))
    assert "refuses connections" in str(refused)
    unknown = fails(Server("http://nothing.invalid", timeout=5))
    assert "cannot be resolved" in str(unknown)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        late = fails(Server(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2))
    assert "did not answer in time" in str(late)
    assert (refused.id, unknown.id, late.id) == (
        "tls-or-dns-unreachable",
        "tls-or-dns-unreachable",
        "no-answer-in-time",
    )


def test_a_server_that_hangs_up_is_named():
    with serve(lambda handler: None) as server:
        assert fails(Server(f"http://127.0.0.1:{server.port}", timeout=5)).id == "connection-closed"


def test_redirects_are_returned_not_followed():
    with serve(lambda handler: (301, [("Location", "/elsewhere")], b"")) as server:
        answer = Server(f"http://127.0.0.1:{server.port}", timeout=5).request("GET", "/")
        assert answer.is_redirect
        assert len(server.seen) == 1


def test_ipv6(certificates):
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    pem = certificates.issue("six.pem", "::1")
    with serve(ok, pem, "::1") as server:
        answer = Server(f"https://[::1]:{server.port}", ca_file=str(certificates.ca_file), timeout=5).request(
            "GET", "/"
        )
        assert answer.status == 200
        assert server.seen[0][2]["Host"] == f"[::1]:{server.port}"


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_comes_while_the_body_is_sent_is_read(certificates, tls):
    """As nginx does with 413: it answers after the headers, and reads on for a while before it hangs up."""
    sent = []

    def early(handler):
        body = b"<html>413 Request Entity Too Large</html>"
        head = f"HTTP/1.1 413 Too Large\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        handler.wfile.write(head.encode() + body)
        handler.wfile.flush()
        while handler.rfile.read1(65536):
            pass
        sent.append("eof")

    def blocks():
        for _ in range(4096):
            yield bytes(65536)

    pem = certificates.issue("early.pem", "localhost") if tls else None
    with serve(early, pem) as server:
        scheme = "https" if tls else "http"
        target = Server(f"{scheme}://localhost:{server.port}", "127.0.0.1", str(certificates.ca_file), 10)
        answer = target.request("POST", "/", {}, blocks(), 4096 * 65536)
    assert answer.status == 413
    assert b"Too Large" in answer.body
    assert answer.sent < 4096 * 65536


def test_an_answer_is_read_after_the_server_hung_up():
    """A server that answers and closes at once, without reading the body: the sender's pipe breaks."""

    def rude(handler):
        handler.wfile.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_WR)

    def blocks():
        for _ in range(2048):
            yield bytes(65536)

    with serve(rude) as server:
        answer = Server(f"http://127.0.0.1:{server.port}", timeout=10).request("POST", "/", {}, blocks(), 2048 * 65536)
    assert (answer.status, answer.body) == (413, b"no")


def test_a_header_that_cannot_be_sent_does_not_show_its_value():
    with serve(ok) as server, pytest.raises(MigrationError) as caught:
        Server(f"http://127.0.0.1:{server.port}", timeout=5).request("GET", "/", {"X-Api-Secret": "se\ncret"})
    assert "X-Api-Secret" in str(caught.value)
    assert "cret" not in str(caught.value).replace("X-Api-Secret", "")


def test_a_missing_ca_bundle_is_named(tmp_path):
    with pytest.raises(MigrationError) as caught:
        Server("https://localhost", ca_file=str(tmp_path / "none.pem"))
    assert caught.value.id == "ca-file-unreadable"


@pytest.mark.parametrize("url", ["", "v5.example.com", "ftp://x", "https://", "https://u:p@x", "https://x:port"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(MigrationError) as caught:
        Url(url)
    assert caught.value.id == "url-invalid"


def test_a_url_is_taken_apart():
    url = Url("https://Bücher.example/ninja/")
    assert (url.host, url.port, url.prefix) == ("xn--bcher-kva.example", 443, "/ninja")
    assert str(Url("http://x.test:8080/")) == "http://x.test:8080"


def test_an_answer_of_any_size_comes_whole_and_takes_no_more_memory_than_it_needs():
    big = bytes(range(256)) * 20_000
    with serve(lambda handler: (200, [], big)) as server:
        client = Server(f"http://127.0.0.1:{server.port}", timeout=20)
        tracemalloc.start()
        assert client.request("GET", "/").body == big
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * len(big)
