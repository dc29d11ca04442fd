"""What provision_v5.yml refuses, with its reason and remedy, before it changes anything on a bare machine."""

import pytest
import wide
from v5_lab import wait_until

from lab import ca

pytest_plugins = ["v5_lab"]
HOST = "v5.client1.test"


def nothing_changed(lab):
    """The machine is as bare as before: no package, no file of ours."""
    assert (
        lab.shell("ls -d /var/www /etc/php /etc/nginx /var/lib/mysql /etc/cron.d/invoiceninja 2>/dev/null; true") == ""
    )


def test_a_dry_run_shows_what_would_change_and_changes_nothing(bare):
    played = bare.provision("--check")
    assert played.changed >= 5
    assert "Would unpack V5 5.10.17" in played.output
    nothing_changed(bare)


# Variables that are wrong together, and what is said of each: the reason and the remedy.
WRONG = {
    "everything": (
        {
            "v5_version": "5.10.28",
            "v5_url": f"http://{HOST}",
            "v5_archive_url": "",
            "v5_archive_checksum": "sha256:123",
            "v5_owner_email": "",
            "v5_owner_password": "",
            "v5_root": "/var/www/ninja/",
        },
        [
            ("imports no company of V4", 'v5_version: "5.10.17"'),
            ("must be https://HOST", f"v5_url: https://{HOST}"),
            ("v5_archive_url must be", "v5_archive_url: https://github.com/"),
            ("64 hexadecimal digits", "sha256sum"),
            ("v5_owner_email must be", "v5_owner_email: "),
            ("v5_owner_password is missing", "ansible-vault encrypt_string"),
            ("v5_root must be", "v5_root: /var/www/invoiceninja"),
        ],
    ),
    "slash": (
        {"v5_version": "5.10.34", "v5_url": f"https://{HOST}/"},
        [("imports no company of V4", "v5_version"), ("without a slash at the end", f"v5_url: https://{HOST}`")],
    ),
    "path": (
        {"v5_version": "5.8.21", "v5_url": f"https://{HOST}/ninja"},
        [("cannot import every company", "v5_version"), ("without a path", f"v5_url: https://{HOST}`")],
    ),
    "v4": ({"v5_url": "https://v4.client1.test"}, [("v5_url and v4_url are both", "v5_url: ")]),
    "archive-missing": ({"v5_archive_url": "https://download.test/missing.tar"}, [("cannot get", "curl -sSIL")]),
    "archive-host": ({"v5_archive_url": "https://nowhere.test/v5.tar"}, [("cannot get", "curl -sSIL")]),
    "disk": ({"v5_minimum_free_mb": 900000000}, [("MiB free", "du -xh")]),
    "php": ({"v5_php_post_max_mb": 100}, [("must be larger than", "v5_php_post_max_mb: ")]),
    "database": ({"v5_database_name": "ninja-5"}, [("may hold only letters", "v5_database_name")]),
    "cron": ({"v5_cron_file": "invoice.ninja"}, [("name has a dot", "v5_cron_file: invoice-ninja")]),
    "queue": ({"v5_queue_service_name": "queue worker"}, [("v5_queue_service_name may hold", "v5_queue_service_name")]),
    "queue-mode": ({"v5_queue_mode": "wrong"}, [("v5_queue_mode must be one of: service, cron", "")]),
    "acme": ({"v5_web_tls_mode": "acme"}, [("v5_web_acme_email", "v5_web_acme_email: ")]),
    "key": ({"v5_web_tls_key_src": "/nowhere/key.pem"}, [("cannot be read on the controller", "v5_web_tls_key_src")]),
}


@pytest.mark.parametrize("case", wide.but(["everything", "archive-missing", "disk"], WRONG))
def test_wrong_variables_are_refused_before_anything_is_changed(bare, case):
    variables, said = WRONG[case]
    message = bare.refused(**variables)
    for reason, remedy in said:
        assert reason in message
        assert remedy in message
    nothing_changed(bare)


WRONG_CERTIFICATES = {"expired": "is not valid today", "wrong-name": f"is not for {HOST}", "key": "does not belong"}


@pytest.mark.parametrize("kind", wide.but(["expired"], WRONG_CERTIFICATES))
def test_a_wrong_certificate_is_refused_before_anything_is_changed(bare, tmp_path, kind):
    authority = ca.authority(bare.lab.dir / "tls")
    pair = ca.certificate(authority, HOST, "signed" if kind == "key" else kind)
    if kind == "key":
        pair = ca.Pair(pair.certificate, ca.certificate(authority, HOST).key)
    pair.write(tmp_path, HOST)
    message = bare.refused(
        v5_web_tls_certificate_src=str(tmp_path / f"{HOST}.crt"),
        v5_web_tls_key_src=str(tmp_path / f"{HOST}.key"),
    )
    assert WRONG_CERTIFICATES[kind] in message
    assert "openssl x509" in message
    nothing_changed(bare)


@pytest.mark.wide
def test_a_port_that_another_program_holds_is_refused_before_anything_is_changed(bare):
    bare.shell("systemd-run --quiet --unit=other-web python3 -m http.server 80")
    wait_until(lambda: ":80 " in bare.shell("ss -Hltn"), "the other web server")
    try:
        message = bare.refused()
        assert "python3 on port 80 (process " in message
        assert "serve V4 by nginx" in message and "systemctl disable --now python3" in message
        assert bare.play("provision_v5", "--check").status == 2
    finally:
        bare.shell("systemctl stop other-web")
    nothing_changed(bare)


def test_an_archive_with_another_digest_changes_nothing(bare):
    message = bare.refused(v5_archive_checksum=f"sha256:{'0' * 64}")
    assert "was not taken" in message
    assert "v5_archive_checksum: sha256:" in message
    nothing_changed(bare)


@pytest.mark.wide
def test_an_archive_of_another_version_changes_nothing(bare):
    message = bare.refused(v5_version="5.10.16")
    assert "holds V5 5.10.17 and not 5.10.16" in message
    assert bare.shell("ls -A /var/www 2>/dev/null; ls -d /etc/php /etc/nginx 2>/dev/null; true") == ""
    bare.shell("rm -rf /var/www")
