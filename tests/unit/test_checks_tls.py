"""The checks of TLS, as each of the two machines sees itself and the other one."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample
from facts_samples import DAY, NOW

from diagnostics.findings import FAIL, PASS, SKIP, WARN

LOCAL = "unable to get local issuer certificate"
EXPIRED = {
    "verified": False,
    "verify_error": "SSL certificate problem: certificate has expired",
    "curl_errno": 60,
}
SIGNED_ITSELF = [
    {
        "subject": "CN=v5.example.com",
        "issuer": "CN=v5.example.com",
        "not_before": NOW - DAY,
        "not_after": NOW + 300 * DAY,
        "names": ["v5.example.com"],
        "self_signed": True,
    }
]


def on(place, **changes):
    """Changes of the site at this place: 0 is the host's own, 1 the other side."""
    return {f"tls__sites__{place}__{name}": value for name, value in changes.items()}


CASES = (
    Broken(
        "tls.resolves", "v5", on(0, addresses=[]), "v5.example.com does not resolve on v5", "127.0.0.1 v5.example.com"
    ),
    Broken("tls.peer-resolves", "v4", on(1, addresses=[]), "v5.example.com does not resolve on v4", "V5's server"),
    Broken(
        "tls.connects",
        "v5",
        {**on(0, connected=False, error="Connection refused"), "http__site__status": 0},
        "v5.example.com:443 (192.0.2.15) does not connect from v5: Connection refused",
        "ss -ltnp | grep ':443 '",
    ),
    Broken(
        "tls.peer-connects",
        "v4",
        on(1, connected=False, error="timed out"),
        "does not connect from v4: timed out",
        "bash -c '</dev/tcp/$0/$1' v5.example.com 443",
    ),
    Broken(
        "tls.chain",
        "v5",
        on(0, verified=False, verify_error=LOCAL, curl_errno=60, chain=SIGNED_ITSELF),
        "it signed itself",
        "certbot --nginx -d v5.example.com",
    ),
    Broken(
        "tls.chain",
        "v5",
        on(0, verified=False, verify_error=LOCAL, intermediate_missing=True),
        "its intermediate certificate is not sent",
        "certbot",
        note="intermediate",
    ),
    Broken(
        "tls.peer-chain",
        "v4",
        on(1, verified=False, verify_error=LOCAL, curl_errno=60),
        "judged from v4 by its PHP with /etc/ssl/certs/ca-certificates.crt): V4 cannot upload to V5",
        "update-ca-certificates --fresh",
    ),
    Broken(
        "tls.peer-chain",
        "v5",
        on(1, verified=False, verify_error=LOCAL, verified_by="openssl"),
        "judged from v5 by openssl): V5 gets neither logo nor documents from V4",
        "ca-certificates",
    ),
    Broken(
        "tls.peer-chain",
        "v4",
        {
            **on(1, verified=False, verify_error=LOCAL),
            "host__os": {"id": "centos", "version": "7", "name": "CentOS Linux 7 (Core)"},
        },
        LOCAL,
        "update-ca-trust",
        note="centos",
    ),
    Broken("tls.name", "v5", on(0, name_matches=False), "sends a certificate for v5.example.com", "certbot --nginx -d"),
    Broken("tls.peer-name", "v4", on(1, name_matches=False), "judged from v4", "# on v5.example.com"),
    Broken(
        "tls.dates",
        "v5",
        {**on(0, **EXPIRED), "tls__sites__0__chain__0__not_after": NOW - 3 * DAY},
        "expired 3 days ago",
        "certbot renew && nginx -t",
    ),
    Broken(
        "tls.dates",
        "v5",
        {"tls__sites__0__chain__0__not_after": NOW + 20 * DAY},
        "ends in 20 days",
        "certbot renew",
        WARN,
        note="soon",
    ),
    Broken(
        "tls.dates",
        "v4",
        {**on(0, verified=False), "tls__sites__0__chain__0__not_before": NOW + 2 * DAY},
        "is valid only in 2 days",
        "timedatectl set-ntp true",
        note="future",
    ),
    Broken(
        "tls.peer-dates",
        "v4",
        {"tls__sites__1__chain__0__not_after": NOW - DAY},
        "expired 1 day ago",
        "# on v5.example.com",
    ),
    Broken(
        "tls.intermediate",
        "v5",
        {
            **on(0, intermediate_missing=True),
            "web__vhost__certificate": "/etc/letsencrypt/live/v5.example.com/cert.pem",
        },
        "not CN=R11,O=Let's Encrypt,C=US",
        "s|/cert.pem|/fullchain.pem|",
    ),
    Broken(
        "tls.intermediate",
        "v5",
        on(0, intermediate_missing=True),
        "V4's PHP does not",
        "CA Issuers - URI://p",
        note="bought",
    ),
    Broken(
        "tls.default-site",
        "v5",
        {**on(0, name_matches=False), "web__default_vhost__file": "/etc/nginx/sites-enabled/other"},
        "the default site answers (/etc/nginx/sites-enabled/other",
        "nginx -T",
    ),
    Broken(
        "tls.https-redirect",
        "v5",
        {"http__plain__status": 200, "http__plain__location": ""},
        "http://v5.example.com/ serves the site",
        "return 301 https://v5.example.com$request_uri;",
        WARN,
    ),
    Broken(
        "tls.https-redirect",
        "v4",
        {"http__plain__status": 302, "http__plain__location": "http://v4.example.com/login", "web__server": "apache"},
        "redirects to http://v4.example.com/login",
        "Redirect permanent / https://v4.example.com/",
        WARN,
    ),
    Broken(
        "tls.peer-redirect",
        "v4",
        on(1, redirect={"status": 301, "location": "https://www.example.com/api/v1/ping"}),
        "V4's login there does not follow redirects",
        "the address of V5 is https://www.example.com",
    ),
    Broken(
        "tls.peer-application", "v4", on(1, api_version="4.5.50"), "is version 4.5.50, which is not V5", "./cli.py init"
    ),
    Broken(
        "tls.peer-application",
        "v4",
        on(1, api_version="", api_status=404),
        "answers 404 without",
        "./cli.py init",
        note="none",
    ),
    Broken("tls.peer-application", "v5", on(1, api_version="5.10.17"), "which is not V4", "./cli.py init"),
    Broken(
        "tls.php-bundle",
        "v4",
        {"tls__php_bundle__exists": False},
        "is not there: PHP trusts nobody",
        "--reinstall ca-certificates",
    ),
    Broken(
        "tls.php-bundle",
        "v4",
        {
            "tls__php_bundle": {"path": "/opt/ca.pem", "exists": False},
            "php__cli__ini": {"curl.cainfo": "/opt/ca.pem"},
        },
        "/opt/ca.pem is not there",
        "ln -sf /etc/ssl/certs/ca-certificates.crt /opt/ca.pem",
        note="ini",
    ),
    Broken(
        "tls.php-bundle",
        "v4",
        {"tls__php_bundle__mtime": NOW - 2200 * DAY, "tls__sites": []},
        "last renewed 2200 days ago",
        "--only-upgrade ca-certificates",
        WARN,
        note="ancient",
    ),
    Broken(
        "tls.files",
        "v5",
        {"tls__files__0__not_after": NOW + 150 * DAY},
        "90 days longer",
        "systemctl reload nginx",
        WARN,
    ),
    Broken(
        "tls.files",
        "v5",
        {"tls__files__0__not_after": NOW + 90 * DAY, "tls__sites__0__chain__0__not_after": NOW - DAY},
        "the web server did not read it",
        "nginx -t && systemctl reload nginx",
        FAIL,
        note="expired",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_tls_is_found(case):
    must_find(case)


@pytest.mark.parametrize("id", ["tls.chain", "tls.peer-chain", "tls.dates", "tls.peer-redirect"])
def test_without_the_facts_it_is_skipped(id):
    must_skip(id, "v5", "tls/sites")


def test_a_fault_of_its_own_is_no_finding_of_the_chain():
    expired = {**on(0, **EXPIRED), "tls__sites__0__chain__0__not_after": NOW - DAY}
    assert find("tls.chain", sample("v5"), **expired).status == SKIP
    other = on(
        0, name_matches=False, verified=False, verify_error="SSL: no alternative certificate subject name matches"
    )
    assert find("tls.chain", sample("v5"), **other).status == SKIP


def test_a_fault_of_its_own_is_no_finding_of_the_peers_chain_either():
    found = find("tls.peer-chain", sample("v4"), **on(1, **EXPIRED))
    assert found.status == SKIP
    assert "tls.peer-dates" in found.evidence


def test_an_expired_certificate_that_signed_itself_is_still_not_trusted():
    chain = [{**SIGNED_ITSELF[0], "not_after": NOW - DAY}]
    assert find("tls.chain", sample("v5"), **on(0, **EXPIRED, chain=chain)).status == FAIL


@pytest.mark.parametrize(
    "id", ["tls.chain", "tls.dates", "tls.name", "tls.intermediate", "tls.default-site", "tls.files"]
)
def test_a_site_without_tls_has_no_certificate(id):
    plain = on(0, scheme="http", url="http://v5.client1.test", verified=None, chain=None, name_matches=None)
    found = find(id, sample("v5"), **plain)
    assert found.status == SKIP
    assert "is http" in found.evidence


def test_a_peer_that_is_not_known_is_skipped():
    document = sample("v4")
    document["tls"]["sites"].pop()
    for id in ("tls.peer-chain", "tls.peer-connects", "tls.peer-resolves", "tls.peer-redirect", "tls.peer-application"):
        found = find(id, document)
        assert found.status == SKIP
        assert "V5 is not known here" in found.evidence


def test_v4_names_no_version_without_a_token():
    assert find("tls.peer-application", sample("v5"), **on(1, api_version="", api_status=200)).status == PASS
    assert find("tls.peer-application", sample("v5"), **on(1, api_version="", api_status=404)).status == FAIL


def test_v5_follows_v4s_redirect():
    redirect = on(1, redirect={"status": 301, "location": "https://www.example.com/api/v1/ping"})
    assert find("tls.peer-redirect", sample("v5"), **redirect).status == PASS


def test_one_fault_of_the_connection_is_one_finding():
    down = {**on(0, connected=False, error="refused"), "http__site__status": 0}
    for id in ("tls.chain", "tls.name", "tls.dates", "tls.intermediate", "tls.files"):
        assert find(id, sample("v5"), **down).status == SKIP
    nameless = on(0, addresses=[], connected=False)
    assert find("tls.connects", sample("v5"), **nameless).status == SKIP


def test_another_certificate_without_sni_harms_nobody():
    assert find("tls.default-site", sample("v5"), **on(0, chain_without_sni="CN=snakeoil")).status == PASS


def test_an_expired_root_beside_a_good_chain_is_no_trouble():
    chain = sample("v5")["tls"]["sites"][0]["chain"]
    chain[1]["not_after"] = NOW - DAY
    assert find("tls.dates", sample("v5"), **on(0, chain=chain)).status == PASS


def test_plain_http_that_is_closed_or_answered_by_a_proxy_is_no_trouble():
    assert find("tls.https-redirect", sample("v5"), http__plain__status=0).status == PASS
    assert find("tls.https-redirect", sample("v5"), http__plain__status=404).status == PASS
    behind = {"http__plain__status": 200, "web__vhost__listens": ["80", "[::]:80"]}
    assert find("tls.https-redirect", sample("v5"), **behind).status == SKIP


def test_an_old_bundle_that_still_verifies_is_no_trouble():
    assert find("tls.php-bundle", sample("v4"), tls__php_bundle__mtime=NOW - 2200 * DAY).status == PASS


def test_a_long_certificate_counts_as_it_is():
    assert find("tls.dates", sample("v5"), tls__sites__0__chain__0__not_after=NOW + 21 * DAY).status == PASS
    assert find("tls.dates", sample("v5"), tls__sites__0__chain__0__not_after=NOW + 21 * DAY - 1).status == WARN
