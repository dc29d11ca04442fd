"""The checks of the host, each on a host that is broken in one way."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample
from facts_samples import GIB, NOW

from diagnostics.findings import FAIL, PASS, SKIP, WARN

MIB = 1024**2
OLD = {"id": "ubuntu", "version": "20.04", "name": "Ubuntu 20.04.6 LTS"}
LOW = {"memory": {"total_bytes": GIB, "available_bytes": 200 * MIB, "swap_bytes": 0}}
CENTOS = {"id": "centos", "version": "7", "name": "CentOS Linux 7 (Core)"}
OLD_PYTHON = [{"path": "/usr/bin/python3", "version": "3.6.8"}]

CASES = (
    Broken(
        "host.system-supported",
        "v5",
        {"host__os": OLD},
        "had its last updates on 2025-05-31",
        "do-release-upgrade",
        WARN,
    ),
    Broken(
        "host.system-supported",
        "v5",
        {"host__os": {"id": "debian", "version": "11", "name": "Debian GNU/Linux 11 (bullseye)"}},
        "2026-08-31",
        "s/bullseye/bookworm/g",
        WARN,
        note="debian",
    ),
    Broken(
        "host.disk-space",
        "v5",
        {"storage__disks__1__mount": "/srv", "storage__disks__1__available_bytes": 300 * MIB},
        "/srv (storage): 300 MiB free of 80 GiB",
        "du -xah /srv",
        WARN,
    ),
    Broken(
        "host.disk-space",
        "v4",
        {"storage__disks__0__available_bytes": 0},
        "0 bytes free",
        "apt-get clean",
        FAIL,
        note="full",
    ),
    Broken(
        "host.inodes",
        "v5",
        {"storage__disks__0__inodes_used_percent": 96},
        "96 % of its inodes",
        "du -x --inodes /",
        WARN,
    ),
    Broken(
        "host.inodes",
        "v5",
        {"storage__disks__0__inodes_used_percent": 100, "storage__sessions": 400_000},
        "100 % of its inodes",
        "find /var/www/invoiceninja/storage/framework/sessions -type f",
        note="sessions",
    ),
    Broken(
        "host.file-systems-writable",
        "v4",
        {"storage__disks__3__mount": "/var/lib/mysql", "storage__disks__3__read_only": True},
        "/var/lib/mysql is mounted read-only",
        "mount -o remount,rw /var/lib/mysql",
    ),
    Broken(
        "host.memory", "v5", {f"host__{k}": v for k, v in LOW.items()}, "200 MiB available", "swapon /swapfile", WARN
    ),
    Broken(
        "host.memory",
        "v5",
        {
            "host__memory__available_bytes": GIB,
            "storage__exports": [{"path": "e.json", "kind": "json", "bytes": 400 * MIB}],
        },
        "the import of e.json",
        "fallocate",
        WARN,
        note="great-export",
    ),
    Broken("host.oom-kills", "v5", {"host__oom_kills": 2}, "killed 2 processes", "journalctl -k", WARN),
    Broken(
        "host.clock-synchronised", "v5", {"time__ntp_synchronized": False}, "Nothing keeps", "systemd-timesyncd", WARN
    ),
    Broken(
        "host.clock-synchronised",
        "v4",
        {"time__ntp_synchronized": False, "host__os": CENTOS},
        "Nothing keeps",
        "yum install -y chrony",
        WARN,
        note="centos",
    ),
    Broken(
        "host.clock-database",
        "v5",
        {"time__database_offset_seconds": -3600},
        "3600 seconds behind",
        "timedatectl",
        WARN,
    ),
    Broken("host.python", "v4", {"host__python": []}, "no Python 3 at all", "apt-get install -y python3", WARN),
    Broken(
        "host.python",
        "v4",
        {"host__python": OLD_PYTHON, "host__os": CENTOS},
        "/usr/bin/python3 3.6.8",
        "rh-python38",
        WARN,
        note="centos",
    ),
    Broken(
        "host.selinux-network",
        "v4",
        {"host__selinux": "enforcing", "host__selinux_booleans": {"httpd_can_network_connect": False}},
        "V4 cannot upload to V5",
        "setsebool -P httpd_can_network_connect 1",
    ),
    Broken(
        "host.database-tools",
        "v4",
        {"host__commands": {"curl": "/usr/bin/curl"}},
        "mysql and mysqldump are not there",
        "apt-get install -y default-mysql-client",
        WARN,
    ),
    Broken(
        "host.database-tools",
        "v5",
        {"host__commands": {}, "database__schema": "empty"},
        "first schema",
        "default-mysql-client",
        note="empty",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_host_is_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, host, path",
    [
        ("host.disk-space", "v5", "storage/disks"),
        ("host.clock-database", "v5", "time/database_offset_seconds"),
        ("host.oom-kills", "v4", "host/oom_kills"),
        ("host.python", "v4", "host/python"),
    ],
)
def test_without_the_facts_it_is_skipped(id, host, path):
    must_skip(id, host, path)


def test_an_old_system_is_no_trouble_on_v4():
    found = find("host.system-supported", sample("v4"), host__os=OLD)
    assert found.status == PASS
    assert "V5 brings a new system" in found.evidence


def test_a_system_that_ends_later_than_the_bundle_was_made_is_supported():
    found = find("host.system-supported", sample("v5"), host__os=OLD, time__epoch=NOW - 3 * 365 * 86400)
    assert found.status == PASS


def test_a_container_has_its_hosts_clock_and_kernel():
    document = sample("v5")
    document["host"]["container"] = "docker"
    assert find("host.clock-synchronised", document, time__ntp_synchronized=False).status == PASS
    assert find("host.oom-kills", document, host__oom_kills=5).status == SKIP
    assert "fallocate" not in find("host.memory", document, host__memory=LOW["memory"]).remedy


def test_several_disks_of_one_file_system_are_one_line():
    found = find("host.disk-space", sample("v5"))
    assert found.evidence.splitlines() == ["/ (root, storage, logs, database, tmp): 50 GiB free of 80 GiB"]


def test_a_small_tmp_is_usual():
    small = {"storage__disks__4__mount": "/tmp", "storage__disks__4__available_bytes": 500 * MIB}  # noqa: S108
    assert find("host.disk-space", sample("v5"), **small).status == PASS


def test_selinux_that_enforces_and_says_no_more_is_skipped():
    assert find("host.selinux-network", sample("v4"), host__selinux="enforcing").status == SKIP
