"""The checks of what the site shows to everybody."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample

from diagnostics.findings import FAIL, PASS, SKIP, WARN

ZIP = "public/storage/migrations/<key:9c1d22>-2026-09-19-invoiceninja.zip"


def served(path, kind):
    return {"exposure__paths": [{"path": path, "kind": kind, "status": 206, "served": True}]}


CASES = (
    Broken(
        "exposure.exports",
        "v5",
        served("/storage/migrations/k.zip", "export"),
        "https://v5.example.com/storage/migrations/k.zip: password hashes",
        "rm -rf /var/www/invoiceninja/public/storage/migrations/*",
    ),
    Broken(
        "exposure.exports",
        "v4",
        served("/storage/migrations/k.zip", "export"),
        "password hashes",
        "location ^~ /storage/migrations/",
    ),
    Broken(
        "exposure.exports-kept",
        "v5",
        {"storage__exports": [{"path": ZIP, "kind": "zip", "bytes": 40960, "mtime": 1, "public": True}]},
        f"{ZIP} (40 KiB)",
        "rm -f /var/www/invoiceninja/public/storage/migrations/*.zip",
        WARN,
    ),
    Broken(
        "exposure.unpacked-exports",
        "v5",
        {
            "storage__exports": [
                {"path": "public/storage/migrations/k/migration.json", "kind": "json", "bytes": 9, "public": True}
            ]
        },
        "an import failed",
        "find /var/www/invoiceninja/public/storage/migrations -name migration.json -delete",
    ),
    Broken(
        "exposure.env",
        "v4",
        served("/.env", "env"),
        "https://v4.example.com/.env",
        "location ~ /\\\\.(?!well-known/) { return 404; }",
    ),
    Broken(
        "exposure.env",
        "v5",
        {**served("/.env", "env"), "web__server": "apache"},
        "APP_KEY are known",
        "Require all denied",
        note="apache",
    ),
    Broken(
        "exposure.logs",
        "v4",
        served("/storage/logs/laravel-info.log", "log"),
        "laravel-info.log",
        "location ^~ /storage/logs/",
    ),
    Broken(
        "exposure.backups",
        "v5",
        {
            **served("/backup/dump.sql", "backup"),
            "storage__backups": [{"path": "/var/www/invoiceninja/public/backup/dump.sql", "bytes": 4, "mtime": 1}],
        },
        "/backup/dump.sql: the whole database",
        "mv /var/www/invoiceninja/public/backup/dump.sql /root/moved-from-public/",
    ),
    Broken(
        "exposure.backups-kept",
        "v4",
        {"storage__backups": [{"path": "public/old.zip", "bytes": 3 * 1024**3, "mtime": 1}]},
        "public/old.zip (3 GiB)",
        "mv /var/www/invoiceninja/public/old.zip",
        WARN,
    ),
    Broken("exposure.git", "v5", served("/.git/HEAD", "git"), "/.git/HEAD: the code's history", "return 404"),
    Broken(
        "exposure.source",
        "v5",
        served("/index.php", "php"),
        "comes as source code",
        "fastcgi_pass unix:/run/php/invoiceninja.sock",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_open_is_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, path",
    [
        ("exposure.env", "exposure/paths"),
        ("exposure.exports", "exposure"),
        ("exposure.backups-kept", "storage/backups"),
    ],
)
def test_without_the_facts_it_is_skipped(id, path):
    must_skip(id, "v5", path)


def test_a_page_for_every_address_is_not_the_file():
    paths = [{"path": "/.env", "kind": "env", "status": 200, "served": False}]
    assert find("exposure.env", sample("v5"), exposure__paths=paths).status == PASS


def test_a_site_that_does_not_answer_is_not_called_closed():
    paths = [{"path": "/.env", "kind": "env", "status": 0, "served": False}]
    assert find("exposure.env", sample("v5"), exposure__paths=paths).status == SKIP


def test_v4s_own_exports_do_not_lie_in_public():
    kept = [{"path": "storage/migrations/k.zip", "kind": "zip", "bytes": 9, "mtime": 1, "public": False}]
    for id in ("exposure.exports-kept", "exposure.unpacked-exports"):
        assert find(id, sample("v4"), storage__exports=kept).status == PASS


def test_a_name_with_a_quote_stays_one_word():
    kept = [{"path": "public/it's.zip; rm -rf x", "bytes": 1, "mtime": 1}]
    found = find("exposure.backups-kept", sample("v4"), storage__backups=kept)
    assert "mv '/var/www/invoiceninja/public/it'\"'\"'s.zip; rm -rf x' " in found.remedy


def test_v4s_exports_are_closed_and_not_deleted():
    found = find("exposure.exports", sample("v4"), **served("/storage/migrations/k.zip", "export"))
    assert "rm " not in found.remedy


def test_each_kind_is_a_finding_of_its_own():
    document = sample("v5")
    document["exposure"]["paths"] = [{"path": "/x", "kind": "log", "status": 200, "served": True}]
    assert find("exposure.logs", document).status == FAIL
    assert find("exposure.env", document).status == PASS
