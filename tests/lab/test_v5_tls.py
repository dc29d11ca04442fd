"""Certificates from a real ACME server (Pebble, Let's Encrypt's own for tests), and one that nobody signed."""

import json
import socket
import ssl
import urllib.request

import pytest
from cryptography import x509
from v5_lab import wait_until

from lab import sites

pytest_plugins = ["v5_lab"]
DIRECTORY = "https://download.test:14000/dir"
CONFIG = {
    "pebble": {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/etc/ssl/lab/download.test.crt",
        "privateKey": "/etc/ssl/lab/download.test.key",
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
}


@pytest.fixture(scope="module")
def acme(v5, tmp_path_factory):
    """An ACME server on the download host; the variables that make the playbook use it."""
    v5.download.ssh("apt-get update -q && apt-get install -y -q pebble")
    sites.send(v5.download, {"etc/pebble.json": json.dumps(CONFIG).encode()})
    v5.download.ssh(
        "systemd-run --quiet --unit=pebble --setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_WFE_NONCEREJECT=0"
        " pebble -config /etc/pebble.json"
    )
    context = ssl.create_default_context(cafile=v5.ca_file)
    context.check_hostname = False  # asked by its address; the certificate is still the lab's

    def root():
        try:
            address = f"https://{v5.download.address}:15000/roots/0"
            return urllib.request.urlopen(address, context=context).read()
        except OSError:
            return None

    authority = tmp_path_factory.mktemp("acme") / "root.crt"
    authority.write_bytes(wait_until(root, "the start of the ACME server"))
    yield {
        "v5_web_tls_mode": "acme",
        "v5_web_acme_email": "admin@client1.test",
        "v5_web_acme_directory_url": DIRECTORY,
        "v5_web_ca_file": str(authority),
    }
    v5.download.ssh("systemctl stop pebble")
    v5.provision()


def served(lab, authority):
    """The certificate that V5 serves, after a verified handshake."""
    context = ssl.create_default_context(cafile=str(authority))
    plain = socket.create_connection((lab.machine.address, 443), timeout=10)
    with context.wrap_socket(plain, server_hostname=lab.machine.site) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))


@pytest.mark.wide
def test_an_authority_that_gives_nothing_is_said_in_words_and_v5_stays_up(v5, acme):
    message = v5.refused(**{**acme, "v5_web_acme_directory_url": "https://download.test:14000/nowhere"})
    assert "gave no certificate for v5.client1.test" in message
    assert "is port 80 open in its firewall?" in message
    assert "/var/log/letsencrypt/letsencrypt.log" in message
    assert v5.version() == "5.10.17"


@pytest.mark.wide
def test_a_certificate_comes_from_the_authority_and_is_renewed(v5, acme):
    v5.provision(**acme)
    first = served(v5, acme["v5_web_ca_file"])
    assert "Pebble" in first.issuer.rfc4514_string()
    assert v5.provision(**acme).changed == 0
    timer = v5.host.service("certbot.timer")
    assert timer.is_running and timer.is_enabled
    v5.shell("certbot renew --force-renewal --no-random-sleep-on-renew")
    wait_until(
        lambda: served(v5, acme["v5_web_ca_file"]).serial_number != first.serial_number, "the renewed certificate"
    )


@pytest.mark.wide
def test_a_certificate_that_nobody_signed_is_served_on_explicit_wish_only(v5):
    v5.provision(v5_web_tls_mode="selfsigned")
    try:
        with pytest.raises(ssl.SSLCertVerificationError):
            served(v5, v5.ca_file)
        assert v5.provision(v5_web_tls_mode="selfsigned").changed == 0
    finally:
        v5.provision()
    assert served(v5, v5.ca_file)


def test_a_certificate_that_the_controller_does_not_trust_fails_the_run(v5):
    message = v5.refused("--tags", "self-check", v5_web_ca_file="")
    assert "its certificate is not trusted" in message
    assert "does the certificate have its chain?" in message
