"""The checks of permissions, each on a host that is broken in one way."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample

from diagnostics.findings import FAIL, PASS, SKIP, WARN

ROOTS_LOG = {"path": "storage/logs/laravel.log", "owner": "root", "mode": "0644"}
MARKER = {"path": "storage/app/.gitignore", "owner": "root", "mode": "0644"}


def place(host, path):
    """Where a path stands in the sample's permissions/paths."""
    return [each["path"] for each in sample(host)["permissions"]["paths"]].index(path)


def on(host, path, **changes):
    return {f"permissions__paths__{place(host, path)}__{name}": value for name, value in changes.items()}


CASES = (
    Broken(
        "permissions.writable",
        "v5",
        on("v5", "public/storage", writable=False, owner="root"),
        "www-data cannot write public/storage (owner root)",
        "chown -R www-data: public/storage && chmod -R u+rwX public/storage",
    ),
    Broken(
        "permissions.writable",
        "v4",
        on("v4", "storage/logs/laravel-info.log", writable=False, owner="root"),
        "cannot write storage/logs/laravel-info.log",
        "cd /var/www/invoiceninja && chown -R www-data: storage/logs/laravel-info.log",
    ),
    Broken(
        "permissions.there",
        "v5",
        on("v5", "storage/logs", exists=False, readable=None, writable=None),
        "storage/logs is not there",
        "mkdir -p storage/logs && chown www-data: storage/logs",
    ),
    Broken(
        "permissions.there",
        "v5",
        {"storage__public_storage": "broken link"},
        "a link to nowhere",
        "rm public/storage",
        note="link",
    ),
    Broken(
        "permissions.there",
        "v5",
        {"storage__public_storage": "missing"},
        "public/storage is not there",
        "mkdir -p public/storage",
        note="gone",
    ),
    Broken(
        "permissions.env-readable",
        "v5",
        on("v5", ".env", readable=False, writable=False, owner="root"),
        "www-data cannot read .env",
        "chmod -R g+rX .env",
    ),
    Broken(
        "permissions.code-readable",
        "v4",
        on("v4", "vendor", readable=False),
        "cannot read vendor: pages, or",
        "chmod -R g+rX vendor",
    ),
    Broken(
        "permissions.files-writable",
        "v5",
        {"permissions__unwritable": [ROOTS_LOG, MARKER], "permissions__unwritable_count": 2},
        "www-data cannot write 2 files: artisan or cron was run as root\nstorage/logs/laravel.log (root, 0644)",
        "chown -R www-data: storage bootstrap/cache public/storage",
    ),
    Broken(
        "permissions.files-writable",
        "v4",
        {
            "permissions__unwritable": [{**ROOTS_LOG, "owner": "ninja"}],
            "permissions__unwritable_count": 500,
            "permissions__counted_all": False,
        },
        "cannot write 500 or more files\n",
        "public/logo",
    ),
    Broken(
        "permissions.one-owner",
        "v5",
        {"permissions__owners": {"www-data": 400, "root": 3}},
        "root: 3, www-data: 400",
        "chown -R www-data: storage",
        WARN,
    ),
    Broken(
        "permissions.parents",
        "v4",
        {"permissions__parents_blocked": ["/root", "/root/my ninja"]},
        "cannot enter /root, /root/my ninja",
        "chmod o+x /root '/root/my ninja'",
    ),
    Broken(
        "permissions.world-writable",
        "v5",
        {"permissions__world_writable": ["storage", "public/storage"]},
        "Every user of this host can write storage, public/storage",
        "chmod -R o-w storage public/storage",
        WARN,
    ),
    Broken(
        "permissions.env-private",
        "v4",
        {"env__mode": "0666"},
        "chooses the database",
        "chmod 640 .env",
        note="writable",
    ),
    Broken(
        "permissions.env-private",
        "v5",
        {"env__mode": "0644"},
        ".env has mode 0644 (www-data:www-data)",
        "chmod 640 .env",
        WARN,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_permissions_are_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, host, path",
    [
        ("permissions.writable", "v5", "permissions/paths"),
        ("permissions.files-writable", "v4", "permissions"),
        ("permissions.parents", "v5", "permissions/parents_blocked"),
        ("permissions.env-private", "v4", "env/mode"),
    ],
)
def test_without_the_facts_it_is_skipped(id, host, path):
    must_skip(id, host, path)


def test_the_probe_as_an_ordinary_user_proves_nothing():
    assert find("permissions.writable", sample("v5"), permissions__tested_as=None).status == SKIP
    assert (
        find(
            "permissions.env-readable", sample("v5"), permissions__tested_as=None, **on("v5", ".env", readable=None)
        ).status
        == SKIP
    )


def test_what_came_with_the_archive_need_not_be_writable():
    found = find(
        "permissions.files-writable", sample("v5"), permissions__unwritable=[MARKER], permissions__unwritable_count=1
    )
    assert found.status == PASS


def test_a_parent_that_is_closed_is_one_finding():
    closed = {"permissions__parents_blocked": ["/var/www"], "permissions__unwritable_count": 9}
    for path in ("storage", "vendor", ".env"):
        closed.update(on("v5", path, exists=False, readable=False, writable=False))
    for id in ("writable", "there", "env-readable", "code-readable", "files-writable"):
        found = find(f"permissions.{id}", sample("v5"), **closed)
        assert found.status == SKIP
        assert "permissions.parents" in found.evidence


def test_unnamed_files_are_not_taken_for_harmless_ones():
    found = find(
        "permissions.files-writable", sample("v5"), permissions__unwritable=[MARKER], permissions__unwritable_count=40
    )
    assert found.status == FAIL


def test_an_owner_on_purpose_is_no_trouble():
    assert find("permissions.one-owner", sample("v5"), permissions__owners={"root": 400, "www-data": 20}).status == PASS
    assert (
        find("permissions.one-owner", sample("v5"), permissions__owners={"deploy": 300, "www-data": 20}).status == PASS
    )
    assert (
        find("permissions.one-owner", sample("v5"), permissions__owners={"root": 3}, web_user__name="root").status
        == PASS
    )


def test_one_fault_is_not_told_twice():
    mixed = {"permissions__owners": {"www-data": 400, "root": 3}, "permissions__unwritable_count": 3}
    assert find("permissions.one-owner", sample("v5"), **mixed).status == SKIP


def test_code_may_belong_to_root_and_be_read_only():
    document = sample("v5")
    assert find("permissions.writable", document, **on("v5", "vendor", writable=False)).status == PASS
    assert find("permissions.writable", document, **on("v5", ".env", writable=False)).status == PASS


def test_a_v4_that_never_exported_lacks_nothing():
    for path in ("storage/migrations", "storage/app/migrations", "public/logo"):
        changes = on("v4", path, exists=False, readable=None, writable=None)
        assert find("permissions.there", sample("v4"), **changes).status == PASS
        assert find("permissions.writable", sample("v4"), **changes).status == PASS


def test_in_docker_nobody_else_reads_env():
    assert find("permissions.env-private", sample("v5"), env__mode="0644", host__container="docker").status == PASS
    assert find("permissions.env-private", sample("v5"), env__mode="0644", host__container="lxc").status == WARN
