"""The checks of the web server, each on a host that is broken in one way."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample

from diagnostics.findings import FAIL, PASS, SKIP, WARN

MIB = 1024**2
V5 = "https://v5.example.com"
EXPORT = [{"path": "storage/migrations/k.zip", "kind": "zip", "bytes": 12 * MIB, "mtime": 1, "public": False}]
DOWN = {
    "http__site__status": 0,
    "http__site__error": "Connection refused",
    "http__api__status": 0,
    "http__api__app_version": "",
}

CASES = (
    Broken("web.server-running", "v5", {"web__running": False}, "nginx does not run", "systemctl enable --now nginx"),
    Broken(
        "web.config-valid",
        "v5",
        {"web__config_ok": False, "web__config_error": 'unknown directive "servr" in /etc/nginx/sites-enabled/x:3'},
        'unknown directive "servr"',
        "nginx -t",
    ),
    Broken(
        "web.vhost",
        "v5",
        {"web__vhost__found": False, "http__api__app_version": "", "tls__sites": []},
        "/var/www/invoiceninja/public as its root",
        "/etc/nginx/sites-enabled/",
    ),
    Broken(
        "web.document-root",
        "v5",
        {"web__vhost__root": "/var/www/invoiceninja"},
        "it must be /var/www/invoiceninja/public",
        "sed -i --follow-symlinks",
    ),
    Broken(
        "web.document-root", "v4", {"web__vhost__root": "/var/www"}, ".env, logs and the code", "nginx -t", note="above"
    ),
    Broken(
        "web.document-root",
        "v4",
        {"web__vhost__root": "/srv/other", "http__api__status": 404, "tls__sites": []},
        "which is not /var/www/invoiceninja/public",
        "sed -i",
        note="other",
    ),
    Broken(
        "web.body-size",
        "v5",
        {"web__vhost__max_body_bytes": MIB},
        "is 1 MiB; 8 MiB are advised",
        "client_max_body_size 2064m",
        WARN,
    ),
    Broken(
        "web.body-size",
        "v5",
        {"web__vhost__max_body_bytes": 10 * MIB, "storage__exports": EXPORT},
        "k.zip has 12 MiB: V4's upload gets 413",
        "client_max_body_size 2064m",
        note="export",
    ),
    Broken(
        "web.body-size",
        "v5",
        {"web__vhost__max_body_bytes": MIB, "web__server": "apache"},
        "LimitRequestBody",
        "echo 'LimitRequestBody 0' >> /etc/apache2/conf-enabled",
        WARN,
        note="apache",
    ),
    Broken(
        "web.read-timeout",
        "v4",
        {"web__vhost__read_timeout_seconds": 30},
        "is 30 seconds; 60",
        "fastcgi_read_timeout 3600s",
        WARN,
    ),
    Broken(
        "web.read-timeout",
        "v4",
        {"web__vhost__read_timeout_seconds": 60, "storage__exports": EXPORT},
        "288 are advised for the size of storage/migrations/k.zip",
        "fastcgi_read_timeout",
        WARN,
        note="export",
    ),
    Broken(
        "web.read-timeout",
        "v4",
        {"web__vhost__read_timeout_seconds": 60, "database__bytes": 200 * MIB},
        "for a database of 200 MiB",
        "fastcgi_read_timeout",
        WARN,
        note="database",
    ),
    Broken(
        "web.read-timeout",
        "v5",
        {"web__vhost__read_timeout_seconds": 20, "queue__driver": "sync"},
        "V5 without a queue imports",
        "fastcgi_read_timeout",
        WARN,
    ),
    Broken(
        "web.php-socket",
        "v5",
        {"web__vhost__php_socket": "/run/php/php7.4-fpm.sock", "web__vhost__php_socket_exists": False},
        "/run/php/php7.4-fpm.sock, which is not there",
        "s|/run/php/php7\\.4-fpm\\.sock|/run/php/invoiceninja.sock|",
    ),
    Broken("web.site-answers", "v4", {**DOWN, "tls__sites": []}, "Connection refused", "systemctl status nginx"),
    Broken(
        "web.site-answers",
        "v5",
        {"http__site__status": 502},
        "502: PHP does not answer",
        "systemctl restart php8.2-fpm",
        note="502",
    ),
    Broken(
        "web.site-answers",
        "v5",
        {"http__site__status": 500},
        "the application fails",
        "storage/logs/laravel*.log",
        note="500",
    ),
    Broken("web.site-answers", "v5", {"http__site__status": 401}, "a password", "auth_basic", WARN, note="401"),
    Broken(
        "web.api-answers",
        "v5",
        {"http__api__status": 404, "http__api__app_version": ""},
        "does not pass such addresses to index.php",
        "try_files $uri $uri/ /index.php?$query_string;",
    ),
    Broken(
        "web.api-answers",
        "v4",
        {"http__api__status": 404, "http__api__app_version": "", "web__server": "apache"},
        "without X-Ninja-Version",
        "a2enmod rewrite",
        note="apache",
    ),
    Broken(
        "web.api-answers",
        "v5",
        {"http__api__status": 200, "http__api__app_version": "", "http__api__type": "text/html"},
        "something else answers",
        "/etc/nginx/sites-enabled/invoiceninja-v5.conf",
        note="html",
    ),
    Broken(
        "web.api-answers",
        "v5",
        {"http__api__status": 301, "http__api__app_version": "", "http__api__location": "https://www.example.com/"},
        "V4's wizard does not follow",
        "nginx -t",
        note="redirect",
    ),
    Broken(
        "web.login-answers",
        "v5",
        {"http__login__status": 302, "http__login__location": "https://sso.example.com/"},
        "redirects to https://sso.example.com/",
        "nginx -t",
    ),
    Broken(
        "web.login-answers",
        "v5",
        {"http__login__status": 401, "http__login__app_version": "", "http__login__type": "text/html"},
        "something stands before it",
        "auth_request",
        note="password",
    ),
    Broken("web.version-served", "v5", {"http__api__app_version": "5.9.9"}, "answers as 5.9.9", "artisan config:clear"),
    Broken(
        "web.sub-directory",
        "v5",
        {"config__values__APP_URL": "https://example.com:8443/ninja/"},
        "https://example.com:8443/ninja/",
        "APP_URL=https://example.com:8443|",
    ),
    Broken(
        "web.redirect-loop",
        "v5",
        {"http__site__status": 302, "http__site__location": "https://v5.example.com"},
        "without end",
        "TRUSTED_PROXIES=*",
    ),
    Broken(
        "web.redirect-loop",
        "v4",
        {
            "http__site__status": 302,
            "http__site__location": "http://v4.example.com/",
            "http__plain__location": "https://v4.example.com/",
        },
        "redirects to http://v4.example.com/",
        "TRUSTED_PROXIES",
        note="back-and-forth",
    ),
    Broken(
        "web.canonical-host",
        "v5",
        {"http__site__status": 301, "http__site__location": "https://www.example.com/"},
        "redirects to www.example.com",
        "APP_URL=https://www.example.com",
        WARN,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_site_is_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, host, path",
    [
        ("web.config-valid", "v4", "web/config_ok"),
        ("web.site-answers", "v5", "http"),
        ("web.body-size", "v5", "web/vhost"),
        ("web.version-served", "v5", "http"),
        ("web.sub-directory", "v5", "config"),
    ],
)
def test_without_the_facts_it_is_skipped(id, host, path):
    must_skip(id, host, path)


def test_no_web_server_here_is_no_trouble():
    assert find("web.server-running", sample("v5"), web__server="", web__running=False).status == SKIP
    assert (
        find(
            "web.vhost", sample("v5"), web__server="", web__vhost__found=False, http__api__app_version="", tls__sites=[]
        ).status
        == SKIP
    )


def test_a_site_behind_a_proxy_that_ends_tls_answers():
    for id in ("web.site-answers", "web.api-answers"):
        assert find(id, sample("v5"), **DOWN).status == PASS


def test_a_login_that_only_takes_a_post_is_fine():
    other = {"http__login__app_version": "", "http__login__type": "application/json"}
    for status in (404, 405, 200, 403):
        assert find("web.login-answers", sample("v5"), http__login__status=status, **other).status == PASS


def test_a_site_that_is_down_is_one_finding():
    gone = {**DOWN, "tls__sites": []}
    assert find("web.site-answers", sample("v5"), **gone).status == FAIL
    assert find("web.api-answers", sample("v5"), **gone).status == SKIP
    assert find("web.login-answers", sample("v5"), **gone).status == SKIP
    assert find("web.version-served", sample("v5"), **gone).status == SKIP
    assert find("web.redirect-loop", sample("v5"), **gone).status == PASS


def test_maintenance_mode_is_no_failure_of_the_site():
    assert find("web.site-answers", sample("v5"), http__site__status=503, app__maintenance=True).status == SKIP
    assert find("web.site-answers", sample("v5"), http__site__status=503).status == FAIL


def test_a_link_that_leads_to_the_installation_is_right():
    found = find("web.document-root", sample("v5"), web__vhost__root="/var/www/current/public")
    assert found.status == PASS
    assert "this installation answers" in found.evidence


def test_v4_names_no_version_without_a_token():
    for changes in (
        {"http__api__status": 200, "http__api__app_version": ""},
        {"http__api__status": 403, "http__api__app_version": "4.5.50"},
    ):
        assert find("web.api-answers", sample("v4"), **changes).status == PASS
    assert find("web.version-served", sample("v4"), http__api__app_version="").status == SKIP


def test_no_limit_and_stock_timeouts_are_fine():
    assert find("web.body-size", sample("v5"), web__vhost__max_body_bytes=0).status == PASS
    assert find("web.read-timeout", sample("v4"), web__vhost__read_timeout_seconds=60).status == PASS


@pytest.mark.parametrize(
    "location",
    ["https://v4.example.com/login", "/login", "https://v4.example.com/dashboard", "https://v4.example.com:443/login"],
)
def test_a_redirect_to_a_page_is_no_loop_and_no_other_host(location):
    changes = {"http__site__status": 302, "http__site__location": location}
    assert find("web.redirect-loop", sample("v4"), **changes).status == PASS
    assert find("web.canonical-host", sample("v4"), **changes).status == PASS


def test_an_address_with_a_port_is_no_sub_directory():
    assert (
        find("web.sub-directory", sample("v5"), config__values__APP_URL="http://v5.client1.test:8080/").status == PASS
    )
