"""The remedies are pasted into root shells: they must be commands, and never run what stands in the facts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import test_checks_application
import test_checks_cron
import test_checks_database
import test_checks_environment
import test_checks_exposure
import test_checks_host
import test_checks_logs
import test_checks_mail
import test_checks_migration
import test_checks_permissions
import test_checks_php
import test_checks_queue
import test_checks_tls
import test_checks_web
from broken_facts import Broken, sample
from facts_samples import changed

from diagnostics.check import REGISTRY
from diagnostics.facts import Facts

CASES = [
    *test_checks_application.CASES,
    *test_checks_cron.CASES,
    *test_checks_database.CASES,
    *test_checks_environment.CASES,
    *test_checks_exposure.CASES,
    *test_checks_host.CASES,
    *test_checks_logs.CASES,
    *test_checks_mail.CASES,
    *test_checks_migration.CASES,
    *test_checks_permissions.CASES,
    *test_checks_php.CASES,
    *test_checks_queue.CASES,
    *test_checks_tls.CASES,
    *test_checks_web.CASES,
]
# Facts may come from a bundle that anybody wrote.
EVIL = "/srv/$(touch evil)`touch evil`'; touch evil; '\"; touch evil #\n touch evil &"
COMMENT = re.compile(r"^#.*", re.MULTILINE)
QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\$`]|\\.)*\"""")


def strings(value: Any, above: str = "") -> Iterator[str]:
    """The paths of every string in a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        path = f"{above}__{name}" if above else str(name)
        if isinstance(part, str):
            yield path
        yield from strings(part, path)


def remedy(case: Broken, **changes: Any) -> str:
    return REGISTRY[case.id].run(Facts(changed(changed(sample(case.host), **case.changes), **changes))).remedy


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_remedy_is_a_command(case):
    said = subprocess.run(
        ["bash", "-n"], input=remedy(case), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    assert (said.returncode, said.stderr) == (0, ""), remedy(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_remedy_never_runs_what_is_in_the_facts(case):
    document = changed(sample(case.host), **case.changes)
    check, facts = REGISTRY[case.id], Facts(document)
    for path in strings(document):
        if path == "app__kind":
            continue
        *above, last = (int(name) if name.isdigit() else name for name in path.split("__"))
        place: Any = document
        for name in above:
            place = place[name]
        before, place[last] = place[last], EVIL
        mend = check.run(facts).remedy
        place[last] = before
        # A comment may hold an apostrophe, and a line that a fact would begin is none.
        assert "touch evil" not in QUOTED.sub("", COMMENT.sub("", mend)), (path, mend)
        # Quoted words are programs too where sed or another shell reads them: a second line would be a second command.
        for shell, program in re.findall(r"(sed -i|bash -c) (?:-\S+ )*'([^']*)", mend):
            assert "\n" not in program, (path, mend)
            assert shell != "bash -c" or "touch" not in program, (path, mend)


SITE = """server {
    listen 443 ssl;
\troot /var/www/invoiceninja;
    location / {
        try_files $uri $uri/ /index.php?$query_string;
    }
}
"""
RIGHT = SITE.replace("root /var/www/invoiceninja;", "root /var/www/invoiceninja/public;")


def mended(tmp_path: Path, content: str, id: str, host: str, **changes: Any) -> str:
    """The site's file after the remedy ran, without the part that reloads a server; it is behind a link, as usual."""
    there, link = tmp_path / "available", tmp_path / "enabled"
    there.write_text(content)
    link.symlink_to(there)
    document = changed(sample(host), web__vhost__file=str(link), php__web__pool=str(there), **changes)
    mend = REGISTRY[id].run(Facts(document)).remedy
    edit = re.split(r"(?:;|&&) (?:nginx -t|systemctl )", mend)[0]
    subprocess.run(["bash", "-euc", edit], check=True, stdin=subprocess.DEVNULL)
    assert link.is_symlink()
    return there.read_text()


def test_the_document_root_is_set(tmp_path):
    assert mended(tmp_path, SITE, "web.document-root", "v5", web__vhost__root="/var/www/invoiceninja") == RIGHT


def test_a_limit_is_added_beside_root_and_later_replaced(tmp_path):
    small = {"web__vhost__max_body_bytes": 1024**2}
    once = mended(tmp_path, RIGHT, "web.body-size", "v5", **small)
    assert once == RIGHT.replace("/public;\n", "/public;\n\tclient_max_body_size 2064m;\n")
    (tmp_path / "again").mkdir()
    old = once.replace("2064m", "1m")
    assert mended(tmp_path / "again", old, "web.body-size", "v5", **small) == once


def test_an_address_is_closed(tmp_path):
    asked = [{"path": "/.env", "kind": "env", "status": 200, "served": True}]
    text = mended(tmp_path, RIGHT, "exposure.env", "v5", exposure__paths=asked)
    assert "\tlocation ~ /\\.(?!well-known/) { return 404; }\n" in text


def test_the_socket_is_exchanged(tmp_path):
    site = "fastcgi_pass unix:/run/php/php7.4-fpm.sock;\n"
    gone = {"web__vhost__php_socket": "/run/php/php7.4-fpm.sock", "web__vhost__php_socket_exists": False}
    assert mended(tmp_path, site, "web.php-socket", "v5", **gone) == "fastcgi_pass unix:/run/php/invoiceninja.sock;\n"


def test_a_pool_gets_its_values_once(tmp_path):
    pool = "[www]\nuser = www-data\nphp_admin_value[memory_limit] = 64M\nphp_value[memory_limit] = 32M\n"
    text = mended(tmp_path, pool, "php.web-memory", "v4", php__web__ini__memory_limit="64M")
    assert text == "[www]\nuser = www-data\nphp_admin_value[memory_limit] = 1024M\n"


def test_a_pools_time_limit_is_lifted(tmp_path):
    pool = "[www]\nrequest_terminate_timeout = 60s\n"
    text = mended(tmp_path, pool, "php.request-time", "v4", php__web__ini__request_terminate_timeout="60s")
    assert text == "[www]\nrequest_terminate_timeout = 0\n"
