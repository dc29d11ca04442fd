"""The probe's PHP half asks sites over HTTP and TLS: right and wrong certificates, and files that nobody may read."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
from functools import partial
from pathlib import Path
from typing import Iterator

import pytest
from conftest import free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.php_probe import Said, probe

DAY = datetime.timedelta(days=1)
CANARY = "canary-password"
KEY = "k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3"


class Made:
    """A certificate and its key."""

    def __init__(
        self,
        name: str,
        issuer: Made | None = None,
        authority: bool = False,
        days: int = 90,
        sans: tuple[str, ...] = ("localhost",),
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 100 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            names = [x509.DNSName(san) for san in sans] + [x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def write(self, folder: Path, *chain: Made) -> Path:
        """One file with the key, this certificate and those."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"{self.certificate.serial_number}.pem"
        file.write_bytes(private + self.pem + b"".join(each.pem for each in chain))
        return file


@pytest.fixture(scope="module")
def root() -> Made:
    return Made("Test root", authority=True)


@pytest.fixture(scope="module")
def middle(root: Made) -> Made:
    return Made("Test intermediate", root, authority=True)


class Site(http.server.BaseHTTPRequestHandler):
    """Answers as V5 does: its API with the version, and its one page for every other path."""

    version = "5.10.17"

    def do_GET(self) -> None:
        api = self.path.startswith("/api/")
        body = b'{"message":"Invalid token"}' if api else b"<!DOCTYPE html><html>APP_KEY=</html>"
        self.send_response(403 if api else 200)
        if api:
            self.send_header("X-App-Version", self.version)
        self.send_header("Content-Type", "application/json" if api else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_OPTIONS = do_GET

    def log_message(self, *args) -> None:
        pass


class ToHttps(Site):
    """Sends everybody elsewhere."""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", "https://elsewhere.example.com" + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, as a web server with a wrong root does; it knows no ranges."""

    def log_message(self, *args) -> None:
        pass


@contextlib.contextmanager
def serving(handler=Site, pem: Path | None = None, nameless: Path | None = None) -> Iterator[str]:
    """Serve on 127.0.0.1 and yield the address. nameless: the certificate for who names no host."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        if nameless:
            other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            other.load_cert_chain(nameless)

            def choose(connection: ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
                if name is None:
                    connection.context = other

            context.sni_callback = choose
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if pem else 'http'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(folder: Path, url: str, root: Made, kind: str = "v5", peer: str = "", env: str = "") -> Said:
    """Probe an installation with that APP_URL, on a host that trusts the root alone."""
    folder.mkdir(exist_ok=True)
    (folder / ".env").write_text(f"APP_URL={url}\nAPP_KEY={'x' * 32}\nDB_PASSWORD={CANARY}\nMAIL_MAILER=log\n{env}")
    bundle = folder / "roots.pem"
    bundle.write_bytes(root.pem)
    said = probe(folder, kind, peer, options=("-d", f"curl.cainfo={bundle}", "-d", "openssl.cafile="))
    assert said.ended
    assert CANARY not in said.text + said.errors
    return said


def site(said: Said, role: str = "self") -> dict:
    (found,) = [each for each in said["tls/sites"] if each["role"] == role]
    return found


def test_a_good_certificate(tmp_path: Path, root: Made, middle: Made) -> None:
    leaf = Made("localhost", middle)
    with serving(pem=leaf.write(tmp_path, middle)) as url:
        said = ask(tmp_path / "app", url, root)
        mine = site(said)
        assert mine["connected"] is mine["verified"] is mine["name_matches"] is True
        assert (mine["verify_error"], mine["curl_errno"], mine["verified_by"]) == ("", 0, "php")
        assert mine["addresses"] == ["127.0.0.1"]
        assert [each["subject"] for each in mine["chain"]] == ["CN=localhost", "CN=Test intermediate"]
        assert mine["chain"][0]["names"] == ["localhost", "127.0.0.9"]
        assert mine["chain"][0]["not_after"] == int(leaf.certificate.not_valid_after_utc.timestamp())
        assert mine["chain_without_sni"] == "CN=localhost"
        assert mine["intermediate_missing"] is False
        assert (mine["redirect"], mine["api_status"], mine["api_version"]) == (None, 403, "5.10.17")
        assert said["http/api"] == {
            "url": f"{url}/api/v1/ping",
            "status": 403,
            "location": "",
            "type": "application/json",
            "app_version": "5.10.17",
            "server": said["http/api"]["server"],
            "error": "",
        }
        assert (said["http/site"]["status"], said["http/login"]["status"]) == (200, 403)
        assert said["tls/php_bundle"]["certificates"] == 1
        assert said["tls/php_bundle"]["path"] == str(tmp_path / "app/roots.pem")


@pytest.mark.parametrize(
    ("wrong", "errno", "words"),
    [
        ("self-signed", 60, "self"),
        ("expired", 60, "expired"),
        ("other root", 60, "certificate"),
        ("missing", 60, "unable to get local issuer"),
        ("name", 60, "no alternative certificate subject name"),
    ],
)
def test_a_wrong_certificate(tmp_path: Path, root: Made, middle: Made, wrong: str, errno: int, words: str) -> None:
    stranger = Made("Strange root", authority=True)
    pem = {
        "self-signed": lambda: Made("localhost").write(tmp_path),
        "expired": lambda: Made("localhost", middle, days=-2).write(tmp_path, middle),
        "other root": lambda: Made("localhost", stranger).write(tmp_path, stranger),
        "missing": lambda: Made("localhost", middle).write(tmp_path),
        "name": lambda: Made("other.test", middle, sans=("other.test", "*.other.test")).write(tmp_path, middle),
    }[wrong]()
    with serving(pem=pem) as url:
        said = ask(tmp_path / "app", url, root, peer=url)
    for role in ("self", "peer"):
        each = site(said, role)
        assert each["connected"] is True
        assert each["verified"] is False
        assert each["curl_errno"] == errno
        assert words in each["verify_error"]
        assert each["name_matches"] is (wrong != "name")
        assert each["intermediate_missing"] is (wrong == "missing")
        assert each["chain"][0]["self_signed"] is (wrong == "self-signed")
        assert each["api_status"] == 403, "what it serves is told all the same"


def test_another_site_answers_who_names_none(tmp_path: Path, root: Made) -> None:
    leaf, default = Made("localhost", root), Made("default.test", root, sans=("default.test",))
    with serving(pem=leaf.write(tmp_path), nameless=default.write(tmp_path)) as url:
        mine = site(ask(tmp_path / "app", url, root))
    assert mine["verified"] is True
    assert mine["chain"][0]["subject"] == "CN=localhost"
    assert mine["chain_without_sni"] == "CN=default.test"


def test_a_redirect_is_told_and_not_followed(tmp_path: Path, root: Made) -> None:
    with serving(ToHttps) as url:
        said = ask(tmp_path / "app", url, root, kind="v4", peer=f"{url}/sub")
    peer = site(said, "peer")
    assert peer["redirect"] == {"status": 301, "location": "https://elsewhere.example.com/sub/api/v1/ping"}
    assert (peer["scheme"], peer["connected"], peer["verified"], peer["chain"]) == ("http", True, None, None)
    assert said["http/site"]["location"] == "https://elsewhere.example.com/"
    assert "http/login" not in said.facts, "that is V5's"


def test_nothing_answers(tmp_path: Path, root: Made) -> None:
    said = ask(tmp_path / "app", f"https://127.0.0.1:{free_port()}", root, peer="https://nowhere.invalid")
    mine, peer = site(said), site(said, "peer")
    assert mine["connected"] is False
    assert mine["error"]
    assert mine["verified"] is None
    assert mine["api_status"] == said["http/site"]["status"] == 0
    assert mine["addresses"] == ["127.0.0.1"]
    assert peer["addresses"] == []
    assert peer["error"]


def test_one_that_does_not_speak_costs_no_more_than_its_time(tmp_path: Path, root: Made) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = ask(tmp_path / "app", f"http://127.0.0.1:{silent.getsockname()[1]}", root)
    assert site(said)["connected"] is True
    assert said["http/site"]["status"] == 0
    assert "timed out" in said["http/site"]["error"]


def application(folder: Path) -> Path:
    """An application with what must not be served."""
    for path, text in {
        "public/index.php": "<?php\n\nrequire 'x';",
        "public/backup.sql.gz": "\x1f\x8b none",
        f"public/storage/migrations/{KEY}-2026-11-25-invoiceninja.zip": "PK\x03\x04 none",
        f"public/storage/migrations/{KEY}-2026-11-25-invoiceninja/migration.json": '{"data": {}}',
        "public/.env.old": "APP_KEY=none\n",
        ".git/config": "[core]\n",
        "storage/logs/laravel.log": "[2026-11-25 10:00:00] production.INFO: none\n",
    }.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "latin-1")
    return folder


def exposed(said: Said) -> dict[str, bool]:
    return {each["path"]: each["served"] for each in said["exposure/paths"]}


def test_a_page_for_every_path_serves_nothing(tmp_path: Path, root: Made) -> None:
    with serving() as url:
        said = ask(application(tmp_path / "app"), url, root)
    assert {each["status"] for each in said["exposure/paths"]} == {200}
    assert set(exposed(said).values()) == {False}
    assert said["exposure/base"] == url


def test_what_the_web_servers_root_holds_is_served(tmp_path: Path, root: Made) -> None:
    app = application(tmp_path / "app")
    export = f"<<key:{KEY}>>-2026-11-25-invoiceninja"
    with serving(partial(Files, directory=str(app / "public"))) as url:
        said = ask(app, url, root)
    assert exposed(said) == {
        "/.env": False,
        "/index.php": True,
        "/.git/config": False,
        "/storage/logs/laravel.log": False,
        f"/storage/migrations/{export}.zip": True,
        f"/storage/migrations/{export}/migration.json": True,
        "/backup.sql.gz": True,
        "/.env.old": True,
    }
    assert KEY not in said.text.replace(f"<<key:{KEY}>>", "")


def test_the_whole_application_is_served(tmp_path: Path, root: Made) -> None:
    app = application(tmp_path / "app")
    with serving(partial(Files, directory=str(app))) as url:
        said = ask(app, f"{url}/public", root)
    served = {path for path, is_served in exposed(said).items() if is_served}
    assert served >= {"/../.env", "/../.git/config", "/../storage/logs/laravel.log", "/index.php", "/backup.sql.gz"}
    assert "/.env" not in served


def test_the_mail_server_is_only_connected_to(tmp_path: Path, root: Made) -> None:
    port = free_port()
    env = f"MAIL_MAILER=smtp\nMAIL_HOST=127.0.0.1\nMAIL_PORT={port}\n"
    said = ask(tmp_path / "app", "http://127.0.0.1:1", root, env=env)
    assert (said["mail/host"], said["mail/port"], said["mail/connects"]) == ("127.0.0.1", port, False)
    assert "refused" in said["mail/error"] or "connect" in said["mail/error"].lower()
    with socket.create_server(("127.0.0.1", port)):
        said = ask(tmp_path / "app", "http://127.0.0.1:1", root, env=env)
    assert (said["mail/connects"], said["mail/error"]) == (True, "")
