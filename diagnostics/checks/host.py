"""The host: its system, disks, memory, clock, and what the playbooks need on it."""

from __future__ import annotations

import shlex
from datetime import datetime, timezone
from typing import Any

from ..check import BOTH, Fine, Skip, Trouble, check
from ..exports import memory_of_import, newest_export
from ..facts import Facts
from ..findings import FAIL, WARN
from ..server import family, install
from ..units import DAY, GIB, MIB, in_bytes, rows, version

EVERYWHERE = (*BOTH, "")

# Last day of updates, LTS included (Debian LTS, Ubuntu standard support, RHEL maintenance support).
END_OF_LIFE = {
    ("debian", "9"): "2022-06-30",
    ("debian", "10"): "2024-06-30",
    ("debian", "11"): "2026-08-31",
    ("debian", "12"): "2028-06-30",
    ("debian", "13"): "2030-06-30",
    ("ubuntu", "16.04"): "2021-04-30",
    ("ubuntu", "18.04"): "2023-05-31",
    ("ubuntu", "20.04"): "2025-05-31",
    ("ubuntu", "22.04"): "2027-04-30",
    ("ubuntu", "24.04"): "2029-04-30",
    ("centos", "6"): "2020-11-30",
    ("centos", "7"): "2024-06-30",
    ("centos", "8"): "2021-12-31",
    ("rhel", "7"): "2024-06-30",
    ("rhel", "8"): "2029-05-31",
    ("rhel", "9"): "2032-05-31",
    ("rocky", "8"): "2029-05-31",
    ("rocky", "9"): "2032-05-31",
    ("almalinux", "8"): "2029-05-31",
    ("almalinux", "9"): "2032-05-31",
}

# MariaDB, sessions and logs stop at once where nothing is left; an import writes an export several times over.
FULL_BYTES, LOW_BYTES = 64 * MIB, GIB
# PHP puts the upload here before V5 sees it, and small file systems of memory are usual.
LOW_TMP_BYTES = 256 * MIB
INODES_FULL, INODES_LOW = 99, 95  # percent
MANY_SESSIONS = 10_000  # V5's web and API make a file each; the PHP of Debian does not delete them
# A worker of V5 (256 MiB), a PDF (Chromium, 200 MiB) and a request at the same time.
LOW_MEMORY_BYTES = 512 * MIB
# ansible-core 2.19, the newest for Python 3.11 on the controller, wants this on its targets.
ANSIBLE_PYTHON = (3, 8)
# Cron and the queue look once a minute: what the one clock writes and the other reads may be off by less.
CLOCK_SECONDS = 60


@check(
    "host.system-supported",
    "The operating system still gets updates",
    needs=("host/os", "time/epoch"),
    severity=WARN,
    kinds=EVERYWHERE,
)
def system_supported(facts: Facts):
    system, release = str(facts.get("host/os/id", "")), str(facts.get("host/os/version", ""))
    name = str(facts.get("host/os/name") or f"{system} {release}")
    major = release if system == "ubuntu" else release.split(".")[0]
    ends = END_OF_LIFE.get((system, major))
    if not ends:
        return Fine(f"{name} (no date of its end is known here)")
    last = datetime.fromisoformat(ends).replace(tzinfo=timezone.utc).timestamp() + DAY
    if facts.now < last:
        return Fine(f"{name}, updates until {ends}")
    if facts.kind == "v4":
        # V4's PHP 7.4 is in no newer Debian or Ubuntu, so the way out is the migration itself.
        return Fine(f"{name} had its last updates on {ends}; V4 needs its old PHP, and V5 brings a new system")
    return Trouble(f"{name} had its last updates on {ends}", _upgrade(facts, system))


def _upgrade(facts: Facts, system: str) -> str:
    if system == "ubuntu":
        return "apt-get update && apt-get -y dist-upgrade && do-release-upgrade"
    if system == "debian":
        codenames = {"9": ("stretch", "buster"), "10": ("buster", "bullseye"), "11": ("bullseye", "bookworm")}
        old, new = codenames.get(str(facts.get("host/os/version", "")), ("bookworm", "trixie"))
        return (
            f"sed -i 's/{old}/{new}/g' /etc/apt/sources.list $(find /etc/apt/sources.list.d -type f)"
            " && apt-get update && apt-get -y full-upgrade && reboot"
        )
    return "yum install -y leapp-upgrade && leapp preupgrade && leapp upgrade && reboot"


@check("host.disk-space", "Every file system has room", needs=("storage/disks",), kinds=EVERYWHERE)
def disk_space(facts: Facts):
    troubles, seen = [], []
    for mount, disks in _mounts(facts).items():
        disk = disks[0]
        free, total = disk.get("available_bytes"), disk.get("total_bytes")
        if free is None:
            continue
        what = f"{mount} ({', '.join(each['what'] for each in disks)}): {in_bytes(free)} free"
        what += f" of {in_bytes(total)}" if total else ""
        only_tmp = all(each["what"] == "tmp" for each in disks)
        if free < FULL_BYTES or free < (LOW_TMP_BYTES if only_tmp else LOW_BYTES):
            status = FAIL if free < FULL_BYTES else WARN
            troubles.append(Trouble(what, _make_room(facts, mount), status))
        seen.append(what)
    return troubles or (Fine("\n".join(seen)) if seen else Skip("Not checked: no file system told its size"))


def _mounts(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """The disks by their mount point: storage and logs are often one file system."""
    mounts: dict[str, list[dict[str, Any]]] = {}
    for disk in rows(facts["storage/disks"]):
        mount = str(disk.get("mount") or disk.get("path") or "/")
        mounts.setdefault(mount, []).append({**disk, "what": str(disk.get("what") or "?")})
    return mounts


def _make_room(facts: Facts, mount: str) -> str:
    clean = "apt-get clean" if family(facts) == "debian" else "yum clean all"
    look = f"du -xah {shlex.quote(mount)} 2>/dev/null | sort -h | tail -n 20"
    return f"{clean}; journalctl --vacuum-size=200M; {look}"


@check("host.inodes", "Every file system has room for more files", needs=("storage/disks",), kinds=EVERYWHERE)
def inodes(facts: Facts):
    troubles, seen = [], []
    for mount, disks in _mounts(facts).items():
        used = disks[0].get("inodes_used_percent")
        if used is None:
            continue
        what = f"{mount} ({', '.join(each['what'] for each in disks)}): {used} % of its inodes are used"
        seen.append(what)
        if used >= INODES_LOW:
            troubles.append(Trouble(what, _fewer_files(facts, mount), FAIL if used >= INODES_FULL else WARN))
    return troubles or (Fine("\n".join(seen)) if seen else Skip("Not checked: no file system told its inodes"))


def _fewer_files(facts: Facts, mount: str) -> str:
    if facts.root and (facts.get("storage/sessions") or 0) > MANY_SESSIONS:
        return f"find {shlex.quote(facts.root + '/storage/framework/sessions')} -type f -mmin +1440 -delete"
    return f"du -x --inodes {shlex.quote(mount)} 2>/dev/null | sort -n | tail -n 20"


@check("host.file-systems-writable", "No file system is read-only", needs=("storage/disks",), kinds=EVERYWHERE)
def file_systems_writable(facts: Facts):
    locked = [mount for mount, disks in _mounts(facts).items() if any(disk.get("read_only") for disk in disks)]
    if not locked:
        return Fine("All are mounted for writing")
    return [
        Trouble(
            f"{mount} is mounted read-only, as the kernel does after an error of the disk",
            f"dmesg | tail -n 30; mount -o remount,rw {shlex.quote(mount)}",
        )
        for mount in locked
    ]


@check("host.memory", "There is memory for an import", needs=("host/memory",), severity=WARN, kinds=EVERYWHERE)
def memory(facts: Facts):
    free, swap = facts.get("host/memory/available_bytes"), facts.get("host/memory/swap_bytes", 0)
    if free is None:
        return Skip("Not checked: the kernel does not say how much memory is available")
    total = facts.get("host/memory/total_bytes")
    has = f"{in_bytes(free)} available" + (f" of {in_bytes(total)}" if total else "") + f", {in_bytes(swap)} swap"
    export = newest_export(facts)
    need = max(LOW_MEMORY_BYTES, memory_of_import(export) if export and facts.kind == "v5" else 0)
    if free + swap >= need:
        return Fine(has)
    why = f" (the import of {export.path} takes about that much)" if export and need > LOW_MEMORY_BYTES else ""
    return Trouble(f"{has}; {in_bytes(need)} should be free{why}", _more_memory(facts))


def _more_memory(facts: Facts) -> str:
    if facts.get("host/container"):
        return "free -m; ps -eo rss,args --sort=-rss | head -n 15  # and raise the container's limit on its host"
    return (
        "fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile"
        " && echo '/swapfile none swap sw 0 0' >> /etc/fstab"
    )


@check(
    "host.oom-kills",
    "The kernel killed nothing for want of memory",
    needs=("host/oom_kills",),
    severity=WARN,
    kinds=EVERYWHERE,
)
def oom_kills(facts: Facts):
    count = facts["host/oom_kills"]
    if not count:
        return Fine("None since boot")
    if facts.get("host/container"):
        return Skip("The kernel's count is that of the whole machine, not of this container")
    return Trouble(
        f"The kernel killed {count} process{'es' if count != 1 else ''} for want of memory since boot: a killed worker"
        " leaves its job reserved for ever",
        f"journalctl -k --no-pager | grep -i 'out of memory' | tail -n 20; {_more_memory(facts)}",
    )


@check(
    "host.clock-synchronised",
    "The clock is kept right",
    needs=("time/ntp_synchronized",),
    severity=WARN,
    kinds=EVERYWHERE,
)
def clock_synchronised(facts: Facts):
    if facts["time/ntp_synchronized"]:
        return Fine("The clock is synchronised")
    if facts.get("host/container"):
        return Fine("A container has the clock of its host")
    package = "chrony" if family(facts) == "rhel" else "systemd-timesyncd"
    return Trouble(
        "Nothing keeps the clock right: certificates, two-factor codes and cron go by it",
        f"{install(facts, package)} && timedatectl set-ntp true && timedatectl",
    )


@check("host.clock-database", "The database has the same time", needs=("time/database_offset_seconds",), severity=WARN)
def clock_database(facts: Facts):
    offset = facts["time/database_offset_seconds"]
    if abs(offset) <= CLOCK_SECONDS:
        return Fine(f"{offset} seconds apart")
    side = "ahead of" if offset > 0 else "behind"
    return Trouble(
        f"The database's clock is {abs(offset)} seconds {side} this host's",
        "timedatectl set-ntp true && timedatectl  # here, and on the host of the database",
    )


@check("host.python", "Ansible finds a Python that it can use", needs=("host/python",), severity=WARN, kinds=EVERYWHERE)
def python(facts: Facts):
    there = [(str(each.get("path", "")), str(each.get("version", ""))) for each in rows(facts["host/python"])]
    good = [f"{path} {number}" for path, number in there if version(number) >= ANSIBLE_PYTHON]
    if good:
        return Fine(", ".join(good))
    has = ", ".join(f"{path} {number}" for path, number in there) or "no Python 3 at all"
    return Trouble(
        f"There is {has}; the playbooks (ansible-core 2.19) need 3.8 or newer. Diagnosing needs none.",
        _get_python(facts),
    )


def _get_python(facts: Facts) -> str:
    release = version(facts.get("host/os/version"))
    if family(facts) == "rhel":
        if release[:1] == (7,):
            there = "/opt/rh/rh-python38/root/usr/bin/python3.8"
            packages = "yum install -y centos-release-scl && yum install -y rh-python38-python"
            return f"{packages} && ln -s {there} /usr/local/bin/"
        return "dnf install -y python39" if release[:1] == (8,) else "dnf install -y python3"
    if facts.get("host/os/id") == "ubuntu" and release == (18, 4):
        return install(facts, "python3.8")
    return install(facts, "python3")


@check("host.selinux-network", "SELinux lets PHP connect to other hosts", needs=("host/selinux",), kinds=EVERYWHERE)
def selinux_network(facts: Facts):
    if facts["host/selinux"] != "enforcing":
        return Fine("SELinux does not enforce anything here")
    allowed = facts.get("host/selinux_booleans/httpd_can_network_connect")
    if allowed is None:
        return Skip("SELinux enforces; whether PHP may connect, only root can see: getsebool httpd_can_network_connect")
    if allowed:
        return Fine("httpd_can_network_connect is on")
    return Trouble(
        "SELinux forbids PHP of the web server to connect to other hosts (httpd_can_network_connect is off):"
        " V4 cannot upload to V5, and mail does not leave",
        "setsebool -P httpd_can_network_connect 1",
    )


@check(
    "host.database-tools", "The database's client and dump programs are there", needs=("host/commands",), severity=WARN
)
def database_tools(facts: Facts):
    client = facts.get("host/commands/mariadb") or facts.get("host/commands/mysql")
    dump = facts.get("host/commands/mysqldump")
    if client and dump:
        return Fine(f"{client}, {dump}")
    lacks = [name for name, path in (("mysql", client), ("mysqldump", dump)) if not path]
    empty = facts.kind == "v5" and facts.get("database/schema") == "empty"
    why = "V5 loads its first schema with it" if empty and not client else "the playbooks back up with it"
    package = "mariadb-client-compat" if facts.get("host/os/version") == "13" and client else "default-mysql-client"
    return Trouble(
        f"{' and '.join(lacks)} {'is' if len(lacks) == 1 else 'are'} not there: {why}",
        install(facts, package, "mariadb"),
        FAIL if empty and not client else "",
    )
