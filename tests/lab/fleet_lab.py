"""A lab of several clients, with ./cli.py on its inventory, for the tests of runs of many.

A pytest plugin: a test module says ``pytest_plugins = ["fleet_lab"]``.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import Iterator

import pytest
from v5_lab import PROJECT, ROOT

from fleet import records
from lab import layout, lifecycle, state

NAME = f"{os.environ.get('NINJALIFT_TEST_LAB', 't')}-night"
CLIENTS = int(os.environ.get("NINJALIFT_NIGHT_CLIENTS", "2"))
PUBLIC = f"{ROOT}/public/storage/migrations"
WELL = ("ok", "warn")


class Night:
    """A lab of clients, and ./cli.py on its inventory."""

    def __init__(self) -> None:
        self.lab = state.open_lab(NAME)
        if self.lab.read_settings():
            lifecycle.down(self.lab)
            self.lab = state.open_lab(NAME)
        lifecycle.up(self.lab, CLIENTS, "12", print)
        self.lab = state.open_lab(NAME)  # with the network that it got
        self.clients = layout.clients(self.lab, CLIENTS)
        self.environment = {
            **os.environ,
            "NINJALIFT_INVENTORY": str(self.lab.inventory),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "XDG_STATE_HOME": str(self.lab.dir / "state"),
            "LC_ALL": "C.UTF-8",
        }

    def add_workers(self, count: int) -> list:
        """The lab with so many machines more, which stand in the inventory as workers."""
        lifecycle.up(self.lab, CLIENTS, "12", print, count)
        return layout.workers(self.lab, count)

    def said(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run ./cli.py, whatever its exit status."""
        command = [PROJECT / "cli.py", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr[-3000:]
        return done

    def cli(self, *arguments: str) -> tuple:
        """Run ./cli.py with --json; returns its exit status and its clients by their names."""
        done = self.said(*arguments, "--json")
        document = json.loads(done.stdout)
        return done.returncode, {each["client"]: each for each in document["clients"]}, document

    def remedy(self, command: str) -> None:
        """Do what a remedy says, which begins with ./cli.py."""
        assert command.startswith("./cli.py "), command
        done = subprocess.run(
            shlex.split(command), cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def records(self) -> set:
        """The folders of the runs until now."""
        return set((self.lab.dir / "state" / "ninjalift" / "runs").glob("*"))

    def happened(self, before: set, **fields: str) -> list:
        """The events with these fields of the runs that are not among those before."""
        lines = [
            json.loads(line)
            for record in self.records() - before
            if (record / records.EVENTS).exists()
            for line in (record / records.EVENTS).read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]
        return [each for each in lines if fields.items() <= each.items()]

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [PROJECT / "cli.py", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @staticmethod
    def v4_sql(client: layout.Client, statement: str) -> str:
        database = client.v4.ssh(f"sed -n 's/^DB_DATABASE=//p' {ROOT}/.env").stdout.strip().strip('"')
        command = f"mysql --batch --skip-column-names {database}"
        return client.v4.ssh(command, input=f"SET FOREIGN_KEY_CHECKS=0; {statement}").stdout.strip()

    @staticmethod
    def v5_sql(client: layout.Client, statement: str) -> str:
        command = "mysql --batch --skip-column-names invoiceninja_v5"
        return client.v5.ssh(command, input=f"SET FOREIGN_KEY_CHECKS=0; {statement}").stdout.strip()

    def roll_back(self, client: layout.Client) -> None:
        """Take its company out of V5, if it is there; everything else stays."""
        if client.v5.ssh("test -d /var/lib/mysql/invoiceninja_v5", check=False).returncode:
            return
        settings = self.v5_sql(client, f"SELECT settings FROM companies WHERE company_key = '{client.account_key}'")
        if not settings:
            return
        company = json.loads(settings)["name"] or "Untitled"
        self.remedy(f"./cli.py rollback {client.name} --remove {company!r}")
        assert self.v5_sql(client, "SELECT COUNT(*) FROM companies") == "1"

    def assert_moved(self, client: layout.Client) -> None:
        """Its company is in V5 once, with nothing beside it, and nothing of a try is left on either side.

        That each record is as V4 has it is what the run's own comparison says, which ends it with 3 where one is not.
        """
        key, v5 = client.account_key, client.v5
        assert self.v5_sql(client, "SELECT company_key FROM companies WHERE id > 1").split() == [key], client.name
        assert self.v5_sql(client, "SELECT COUNT(*) FROM companies") == "2"
        wanted = self.v4_sql(client, "SELECT COUNT(*) FROM invoices WHERE invoice_type_id = 1 AND is_recurring = 0")
        moved = "SELECT COUNT(*) FROM invoices WHERE company_id > 1"
        assert self.v5_sql(client, moved) == wanted, client.name
        assert self.v5_sql(client, "SELECT COUNT(*) FROM jobs WHERE payload LIKE '%StartMigration%'") == "0"
        assert v5.ssh(f"find {PUBLIC} -mindepth 1 2>/dev/null; true").stdout == ""
        assert (
            client.v4.ssh(
                f"find {ROOT}/storage {ROOT}/public -name '*-invoiceninja.zip' -o -name migration.json"
            ).stdout
            == ""
        )
        assert v5.ssh("systemctl list-units --all --no-legend 'ninjalift-*'").stdout.strip() == ""
        assert v5.ssh("ls /run/ninjalift/*.lock /run/ninjalift-*.lock 2>/dev/null; true").stdout == ""
        for machine in (client.v4, v5):
            crontabs = machine.ssh("cat /etc/cron.d/* /var/spool/cron/crontabs/* 2>/dev/null; true").stdout
            assert "paused by ninjalift" not in crontabs
        assert v5.ssh("systemctl is-active invoiceninja-queue cron").stdout.split() == ["active", "active"]


def descendants(pid: int) -> list:
    """The processes that a process has started, and theirs."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in found.splitlines()]
    family, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents if parent in family} - family
        family, grown = family | more, bool(more)
    return sorted(family - {pid})


@pytest.fixture(scope="session")
def night() -> Iterator[Night]:
    """The lab of the night; taken down at the end unless NINJALIFT_KEEP_LAB is set."""
    made = Night()
    try:
        yield made
    finally:
        if not os.environ.get("NINJALIFT_KEEP_LAB"):
            lifecycle.down(made.lab)
