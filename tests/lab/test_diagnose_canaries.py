"""Secrets and personal data of real machines stay there: in no report, bundle, record or list of processes.

The same plants as in tests/unit/test_canaries.py and tests/contract/test_probe_canaries.py, and those that need a whole
machine: crontabs, units, virtual hosts, logs of the web server, workers.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Iterator

import pytest
from v5_lab import PROJECT, ROOT, V5Lab, wait_until

from diagnostics import bundle
from lab.machines import Machine
from tests import canaries
from tests.canaries import Canaries

pytest_plugins = ["diagnose_lab"]
TURN = 2

WATCH = """
while :; do
    for p in /proc/[0-9]*; do
        case $p in /proc/$$|/proc/self|/proc/thread-self) ;; *) cat $p/cmdline $p/environ; echo ;; esac
    done 2>/dev/null
done
"""


def settings_of(machine: Machine) -> dict[str, str]:
    """What the machine's .env says about the database and the address, which must go on working."""
    lines = machine.ssh(f"cat {ROOT}/.env").stdout.splitlines()
    pairs = (line.partition("=")[::2] for line in lines if "=" in line and not line.startswith("#"))
    wanted = ("APP_URL", "DB_HOST", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD")
    return {key: value.strip().strip("\"'") for key, value in pairs if key in wanted}


def plant_files(c: Canaries, machine: Machine, version: str, folder: Path) -> None:
    """Put the tree of canaries over the installation, owned by the web user."""
    known = settings_of(machine)
    # The password of the database is a canary as well, though not one of ours.
    c.where[known["DB_PASSWORD"].lower()] = f"{machine.name}, the real password of the database"
    (folder / "artisan").parent.mkdir(parents=True)
    canaries.tree(c, folder, version, ROOT, **known)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            # The application's own files stay.
            if path.is_file() and str(name) not in (
                "artisan", "VERSION.txt", "public/index.php", "vendor/autoload.php", "app/Constants.php"
            ):  # fmt: skip
                archive.add(path, name)
    subprocess.run(
        [
            *machine.ssh_command(),
            f"tar -xC {ROOT} --no-same-owner && chown -R www-data:www-data {ROOT}/storage {ROOT}/.env",
        ],
        input=packed.getvalue(),
        check=True,
    )


def plant_host(c: Canaries, machine: Machine, version: str) -> None:
    """Crontab, a worker's command line, a unit, the web server's settings and logs."""
    machine.ssh("crontab -u www-data -", input=canaries.crontab(c, ROOT))
    job = (
        f"PASSWORD={c.password('cron.d')}\n"
        f"* * * * * root curl -u a:{c.password('cron.d')} {ROOT}/artisan https://x.test/?token={c.word('cron.d')}\n"
    )
    machine.ssh("cat >/etc/cron.d/planted", input=job)
    words = ["php", "-r", "'fgets(STDIN);'", "--", *map(shlex.quote, canaries.arguments(c, ROOT)[1:])]
    unit = (
        f"[Service]\nUser=www-data\nEnvironment=API_SECRET={c.password('unit')}\nWorkingDirectory={ROOT}\n"
        f"ExecStart=/bin/sh -c 'exec php artisan queue:work --queue=none --name={c.email('unit')} --token="
        f"{c.characters('unit', 24)}'\nRestart=always\n"
    )
    machine.ssh("cat >/etc/systemd/system/planted-worker.service", input=unit)
    machine.ssh("cat >/root/planted.sh", input=f"sleep infinity | exec {' '.join(words)}\n")
    machine.ssh(
        "systemctl daemon-reload && systemctl start planted-worker && systemd-run --unit=planted sh /root/planted.sh"
    )
    sites = machine.ssh("ls /etc/nginx/sites-enabled/* /etc/nginx/conf.d/* 2>/dev/null; true").stdout.split()
    for site in sites:
        text = machine.ssh(f"cat {site}").stdout
        basic = f'    proxy_set_header Authorization "Basic {c.characters("virtual host", 24)}";\n'
        param = f"    # fastcgi_param DB_PASSWORD {c.password('virtual host')};\n"
        machine.ssh(f"cat >$(readlink -f {site})", input=text.replace("    root ", f"{basic}{param}    root ", 1))
    machine.ssh("nginx -t && systemctl reload nginx")
    access = (
        f'{c.ip("access log")} - {c.word("access log")} [23/Nov/2026:17:41:04 +0000] "GET /api/v1/login?token='
        f'{c.characters("access log", 32)}&email={c.word("access log")}%40x.test HTTP/1.1" 500 1\n'
    )
    error = (
        f'2026/11/23 17:41:04 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught '
        f'PDOException: password={c.password("error log")} for {c.email("error log")}" while reading, client: '
        f'{c.ip("error log")}, server: x, request: "GET /client/invoice/{c.characters("error log", 32)}?key='
        f'{c.word("error log")} HTTP/1.1", host: "x"\n'
        "2026/11/23 17:41:05 [error] 7#7: *1 client intended to send too large body: 1 bytes, client: "
        f"{c.ip('error log')}\n"
    )
    machine.ssh("cat >>/var/log/nginx/access.log", input=access)
    machine.ssh("cat >>/var/log/nginx/error.log", input=error)
    pools = machine.ssh("ls /etc/php/*/fpm/pool.d/*.conf").stdout.split()
    for pool in pools:
        machine.ssh(f"cat >>{pool}", input=f"\n;env[X] = {c.word('pool')}\nenv[DB_PASSWORD] = {c.password('pool')}\n")
    machine.ssh("systemctl reload 'php*-fpm'")
    database = canaries.v4_database(c, ROOT) if version == "v4" else canaries.v5_database(c, ROOT)
    name = settings_of(machine)["DB_DATABASE"]
    machine.ssh(f"mysql {name}", input=database)


class Run:
    """How a command of the command line ended, and where it put things."""

    def __init__(self, lab: V5Lab, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "NINJALIFT_INVENTORY": str(lab.lab.inventory),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(lab.lab.vault_password),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        self.said: list[tuple[str, bytes, bytes]] = []  # command, standard output, standard error

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess:
        command = [str(PROJECT / "cli.py"), *map(str, arguments)]
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode not in (1, 2), done.stderr
        self.said.append((" ".join(command), done.stdout, done.stderr))
        return done

    def files(self) -> list[Path]:
        """All that the commands left, records of runs too."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def planted(client: V5Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    """Both machines of the client, full of canaries. It does not put everything back."""
    c = Canaries()
    client.shell("systemctl stop invoiceninja-queue")
    for machine, version in ((client.client.v4, "v4"), (client.machine, "v5")):
        plant_files(c, machine, version, tmp_path_factory.mktemp(version) / "tree")
        plant_host(c, machine, version)
    # What the applications answer to anybody over HTTP is no secret.
    yield c


@pytest.fixture(scope="module")
def ran(planted: Canaries, client: V5Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Everything that reads the client, once, while both machines and this one are watched."""
    run = Run(client, tmp_path_factory.mktemp("ran"))
    machines = (client.client.v4, client.machine)
    for machine in machines:
        machine.ssh("cat >/run/watch.sh", input=WATCH)
        machine.ssh(
            "touch /run/before && systemd-run --unit=canary-watch -p StandardOutput=file:/run/seen sh /run/watch.sh"
        )
        wait_until(lambda machine=machine: int(machine.ssh("stat -c %s /run/seen").stdout), "the watch's first round")
    with canaries.watching() as watch:
        run("diagnose", "client1", "--verbose")
        run("diagnose", "client1", "--json", "--html", run.folder / "a.html", "--junit", run.folder / "a.xml")
        run("bundle", "client1", "-o", run.folder / "a.tar.gz")
        run("bundle", "client1", "-o", run.folder / "b.tar.gz")
        user = run.folder / "user.tar.gz"
        run("bundle", f"ssh://ops@{client.machine.address}{ROOT}", "-o", user)
        run("diagnose", run.folder / "a.tar.gz", "--json")
    run.seen = [("this machine", b"\n".join(watch.seen))]
    for machine in machines:
        machine.ssh("systemctl stop canary-watch")
        seen = machine.ssh("cat /run/seen | tr '\\0' '\\n' | sort -u").stdout
        run.seen.append((machine.name, seen.encode()))
    return run


# What stands in a command line or an environment because it was planted there.
LOUD = ("worker", "unit", "pool", "crontab", "cron.d")


def test_nothing_comes_out_of_the_commands(planted, ran):
    for command, output, errors in ran.said:
        planted.quiet(output + errors, command)


def test_nothing_is_in_any_file_that_was_written(planted, ran):
    files = ran.files()
    assert {"a.html", "a.xml", "a.tar.gz"} <= {path.name for path in files}
    for path in files:
        planted.quiet(path.read_bytes(), str(path))
        if path.name.endswith(".tar.gz"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            with tarfile.open(path) as archive:
                for member in archive:
                    planted.quiet(archive.extractfile(member).read(), f"{path.name}: {member.name}")


def test_nothing_is_in_the_list_of_processes(planted, ran):
    for where, seen in ran.seen:
        assert seen
        planted.quiet(seen, f"processes of {where}", *LOUD)


def test_nothing_was_written_on_the_machines(planted, client, ran):
    """No file that is newer than the first command holds a canary, but for what the applications write themselves."""
    for machine in (client.client.v4, client.machine):
        found = machine.ssh(
            "find / -xdev -newer /run/before -type f -not -path '/proc/*' -not -path '/sys/*' -not -path '/run/*'"
            f" -not -path '/var/lib/mysql/*' -not -path '{ROOT}/storage/*' -not -path '/var/log/*' -print0"
            " | xargs -0 -r cat",
            check=False,
        ).stdout
        planted.quiet(found, f"new files of {machine.name}")


def test_the_bundle_gives_the_findings_of_the_live_hosts(ran):
    live, sent = (json.loads(output) for command, output, _ in ran.said if "--json" in command)

    def told(document):
        return sorted((each["id"], each.get("host", ""), each["status"]) for each in document["findings"])

    assert told(live) == told(sent)


def test_a_name_has_the_same_pseudonym_in_every_bundle_of_the_client(ran):
    first, second = (bundle.read(ran.folder / f"{name}.tar.gz") for name in "ab")
    assert first.client == second.client == "client1"

    def names(read):
        return [
            (each["key"], each.get("name"))
            for host in read.hosts
            for each in host.document["database"].get("companies") or host.document["database"]["accounts"]
        ]

    assert len(names(first)) >= 2
    assert names(first) == names(second)
