"""What curl and openssl answer on a host that has no PHP."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.probe import Options
from tests.probe_host import facts, owned, there, v5
from tests.unit.local_servers import Certificates, serve


@pytest.fixture(autouse=True)
def without_php(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script as it runs where no PHP is found."""
    from diagnostics import probe

    if not there("curl"):
        pytest.skip("curl is not installed")
    text = probe.script
    monkeypatch.setattr(
        probe, "script", lambda options: text(options).replace("\npart_php &", "\nphp_cli=\npart_php &")
    )


def answer(request):
    """A site that serves its .env, and a page of the application for every other path."""
    if request.path == "/.env":
        return 206, [("Content-Type", "text/plain")], b"APP_NAME=x\nAPP_KEY=base64:canary\nDB_PASSWORD=canary\n"
    if request.path == "/api/v1/ping":
        return 302, [("Location", "https://elsewhere.test/")], b""
    return 200, [("Content-Type", "text/html"), ("X-App-Version", "5.10.17"), ("Server", "test")], b"<html>APP_KEY=x\n"


def site(folder: Path, url: str, peer: str = "") -> dict:
    root = owned(v5(folder / "ninja", env=f"APP_URL={url}\n"))
    document = facts(Options(root=str(root), peer_url=peer))
    assert "canary" not in str(document)
    assert document["probe"]["missing"]["database"] == "PHP is not there"
    return document


def test_the_site_and_what_it_exposes(tmp_path: Path) -> None:
    with serve(answer) as server:
        url = f"http://127.0.0.1:{server.port}"
        document = site(tmp_path, url)
    http = document["http"]
    assert http["base"] == url
    assert (http["site"]["status"], http["site"]["app_version"], http["site"]["server"]) == (200, "5.10.17", "test")
    assert (http["api"]["status"], http["api"]["location"]) == (302, "https://elsewhere.test/")
    (one,) = document["tls"]["sites"]
    assert one["connected"] is True and one["redirect"] == {"status": 302, "location": "https://elsewhere.test/"}
    assert {each["path"]: (each["status"], each["served"]) for each in document["exposure"]["paths"]} == {
        "/.env": (206, True),
        "/storage/logs/laravel.log": (200, False),
        "/.git/HEAD": (200, False),
    }


def test_certificates_are_judged(tmp_path: Path) -> None:
    certificate = Certificates(tmp_path).issue("own.pem", "127.0.0.1", self_signed=True)
    with serve(answer, certificate) as server:
        document = site(tmp_path, f"https://127.0.0.1:{server.port}", peer="https://127.0.0.1:1")
    own, peer = document["tls"]["sites"]
    assert (own["role"], own["verified"], own["verified_by"], own["curl_errno"]) == ("self", False, "curl", 60)
    assert "certificate" in own["verify_error"]
    assert (peer["role"], peer["connected"], peer["curl_errno"]) == ("peer", False, 7)
    assert peer["error"]
    assert document["http"]["site"]["status"] == 200


@pytest.mark.parametrize("url", ["-o/etc/x", "ftp://a.test", "http://a.test/$(id)", "http://a.test/a b"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    document = site(tmp_path, f'"{url}"')
    assert not document.get("http") and document["probe"]["complete"] is True
    assert document["probe"]["missing"]["http"]
