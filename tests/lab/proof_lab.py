"""A lab with one migrated client that has what a real migration leaves: lost attachments and a doubled first payment.

A pytest plugin: a test module says ``pytest_plugins = ["proof_lab"]`` and takes ``proof`` (the client as the migration
left it, put back before each test) or ``proof_lab`` (the same, never put back). V4 has 3 attachments: on an invoice,
on a quote and on an expense; V5's importer brought the expense's only, and counted the first paid invoice's payment
twice. All tests of a session share the one lab; NINJALIFT_TEST_LAB is the prefix of its name.

A lab that stands already is used as it is with NINJALIFT_KEEP_LAB=1: it is made and migrated once, and each run of
the tests begins with what the first one kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from typing import Iterator

import pytest
from v5_lab import PROJECT, ROOT, V5Lab, wait_until

from lab import layout, lifecycle, state

__all__ = ["PROJECT", "ROOT", "wait_until"]
NAME = f"{os.environ.get('NINJALIFT_TEST_LAB', 't')}-proof"
KEPT = "/srv/proof"  # on both machines: what `keep` wrote
# What a test may change beside the databases. Logs are kept too: they show who did what.
V4_FILES = f"{ROOT}/.env {ROOT}/storage {ROOT}/public/logo {ROOT}/bootstrap/cache /etc/cron.d /var/spool/cron"
V5_FILES = (
    f"{ROOT}/.env {ROOT}/storage {ROOT}/public/storage {ROOT}/bootstrap/cache /etc/cron.d /var/spool/cron"
    " /etc/systemd/system /var/lib/ninjalift/marks"
)
# The attachments of V4: their ids there, and where they hang. The invoice and the quote are the ones V5 loses.
INVOICE_FILE, QUOTE_FILE, EXPENSE_FILE = "a.png", "offer (final) ü.pdf", "receipt.txt"
QUOTE_CONTENT = b"%PDF-1.4\n" + bytes(range(256)) * 40
EXPENSE_CONTENT = b"paid in cash\n" * 20


@dataclass
class Ran:
    """How ./cli.py ended: its exit status, its JSON document (None without --json), and all that it said."""

    status: int
    document: dict | None
    output: str

    @property
    def client(self) -> dict:
        """The document's part about the client."""
        assert self.document, self.output
        return self.document["clients"][0]


@dataclass
class ProofLab(V5Lab):
    """Both machines of a migrated client. What V5Lab has (``sql``, ``shell``, ``ask`` …) is about V5."""

    dumped: dict = field(default_factory=dict)

    def attach(self) -> None:
        """Take the lab that stands, or make it and migrate its client."""
        self.lab = state.open_lab(self.name)
        if not (self.lab.read_settings() and os.environ.get("NINJALIFT_KEEP_LAB")):
            self.up()
        self.lab = state.open_lab(self.name)
        (self.client,) = layout.clients(self.lab, 1, self.debian)
        self.machine, self.v4 = self.client.v5, self.client.v4
        self.download = layout.download(self.lab)
        if self.v4.ssh(f"test -e {KEPT}/database.sql", check=False).returncode:
            self._plant()
            for command in ("provision", "migrate"):
                done = self.cli(command, "client1")
                assert done.status == 0, done.output[-6000:]
            wait_until(lambda: self.sql("SELECT COUNT(*) FROM jobs") == "0", "the end of V5's jobs")
            self.keep()

    def _plant(self) -> None:
        """Give V4 three attachments of different bytes: on invoice 0001, on a quote, and on an expense."""
        key = self.client.account_key
        owners = {
            2: "invoice_id = (SELECT MIN(id) FROM invoices WHERE invoice_type_id = 2)",
            3: "expense_id = expense_id",
        }
        for number, name, kind, content in (
            (2, QUOTE_FILE, "pdf", QUOTE_CONTENT),
            (3, EXPENSE_FILE, "txt", EXPENSE_CONTENT),
        ):
            digest = hashlib.sha1(content).hexdigest()  # noqa: S324 - what V4 keeps
            path = f"{key}/{digest}.{kind}"
            file = f"{ROOT}/storage/documents/{path}"
            self.v4.ssh(f"base64 -d >{file} && chown www-data: {file}", input=base64.b64encode(content).decode())
            self.v4_sql(
                f"UPDATE documents SET name = '{name}', path = '{path}', hash = '{digest}', size = {len(content)},"
                f" type = '{kind}', {owners[number]} WHERE id = {number}"
            )

    # Asking and changing both sides; `sql` and `shell` of V5Lab are V5's.

    def v4_sql(self, statement: str) -> str:
        """Run SQL in V4's database as MariaDB's root; columns are separated by tabs."""
        database = self.v4_shell(f"sed -n 's/^DB_DATABASE=//p' {ROOT}/.env")
        command = f"mysql --default-character-set=utf8mb4 --batch --skip-column-names {database}"
        return self.v4.ssh(command, input=f"SET FOREIGN_KEY_CHECKS=0; {statement}").stdout.strip()

    def v4_shell(self, command: str) -> str:
        """Run a shell command on the V4 machine as root and return what it printed."""
        return self.v4.ssh(command).stdout.strip()

    @property
    def company(self) -> str:
        """The id of the migrated company in V5."""
        return self.sql(f"SELECT id FROM companies WHERE company_key = '{self.client.account_key}'")

    # Running Ninjalift.

    @property
    def environment(self) -> dict:
        """The environment of a command that uses the lab's inventory and vault."""
        return {
            **os.environ,
            "NINJALIFT_INVENTORY": str(self.lab.inventory),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }

    def cli(self, *arguments: str, as_json: bool = True) -> Ran:
        """Run ./cli.py with the lab's inventory, whatever its exit status."""
        command = [str(PROJECT / "cli.py"), *arguments, *(["--json"] if as_json else [])]
        done = subprocess.run(command, env=self.environment, cwd=PROJECT, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert "Traceback (most recent call last)" not in output, output[-6000:]
        return Ran(done.returncode, json.loads(done.stdout) if as_json and done.stdout.strip() else None, output)

    # Putting everything back.

    def keep(self) -> None:
        """Write both databases and what belongs to them aside, for `put_back`."""
        for machine, files in ((self.v4, V4_FILES), (self.machine, V5_FILES)):
            machine.ssh(
                f"rm -rf {KEPT} && mkdir -m 0700 {KEPT} && mysqldump --single-transaction --routines --hex-blob"
                f" --databases $(sed -n 's/^DB_DATABASE=//p' {ROOT}/.env | tr -d '\"') >{KEPT}/database.tmp"
                f" && (tar -C / --ignore-failed-read -cf {KEPT}/files.tar $(ls -d {files} 2>/dev/null | sed 's,^/,,'))"
                f" && mv {KEPT}/database.tmp {KEPT}/database.sql"
            )

    def put_back(self) -> None:
        """Make both sides what they were when `keep` ran: databases, storage, .env, cron, units; no backups."""
        for machine, files, php, worker in (
            (self.v4, V4_FILES, "php7.4-fpm", ""),
            (self.machine, V5_FILES, "php8.2-fpm", "invoiceninja-queue"),
        ):
            # What cron has started outlives it, and would write into the folders that are put back. The database's name
            # is the dump's: .env may be gone, if this was interrupted.
            machine.ssh(
                f"systemctl stop cron {php} {worker}; while pkill -KILL -f '[a]rtisan'; do sleep 0.1; done; set -e;"
                f" base=$(sed -n '/^USE `/{{s/^USE `//;s/`;$//;p;q}}' {KEPT}/database.sql);"
                f' mysql -e "DROP DATABASE IF EXISTS \\`$base\\`"; mysql <{KEPT}/database.sql;'
                f" rm -rf {files} /var/backups/ninjalift /var/lib/ninjalift; tar -C / -xpf {KEPT}/files.tar;"
                f" systemctl daemon-reload; systemctl start {php} {worker} cron"
            )


@pytest.fixture(scope="session")
def proof_lab() -> Iterator[ProofLab]:
    """The lab with its migrated client; taken down at the end unless NINJALIFT_KEEP_LAB is set."""
    lab = ProofLab(NAME, "12")
    try:
        lab.attach()
        yield lab
    finally:
        if not os.environ.get("NINJALIFT_KEEP_LAB"):
            lifecycle.down(lab.lab)


@pytest.fixture
def proof(proof_lab: ProofLab) -> ProofLab:
    """The client as the migration left it, on both sides."""
    proof_lab.put_back()
    return proof_lab
