"""Fixtures for the V5 roles: a lab of their own, its bare machine, and the same machine with V5 on it.

A pytest plugin: a test module says ``pytest_plugins = ["v5_lab"]``. What a test changes, it puts back. Two checkouts
can be tested at the same time when one of them has another prefix for its labs' names in NINJALIFT_TEST_LAB.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import io
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator, Mapping

import pytest
import testinfra
import yaml

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from lab import inventory, layout, lifecycle, releases, sites, state  # noqa: E402

ROOT = "/var/www/invoiceninja"
NAME = f"{os.environ.get('NINJALIFT_TEST_LAB', 't')}-v5"
PATIENCE = 900  # seconds: far more than anything here takes while other labs keep the cores busy
RECAP = re.compile(r"^client1-v5\s+:.*?changed=(\d+).*?failed=(\d+)", re.M)


@dataclass
class Played:
    """How a playbook ended: its exit status, what it printed, and how many tasks changed something."""

    status: int
    output: str
    changed: int


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping
    body: bytes


@dataclass
class V5Lab:
    """One client's V5 machine and the download host, and how playbooks are run against them."""

    name: str
    debian: str
    lab: state.Lab = field(init=False)
    outputs: list = field(default_factory=list)

    def up(self) -> None:
        """Bring the lab up with machines that are as on the first day."""
        self.lab = state.open_lab(self.name)
        if self.lab.read_settings():
            lifecycle.down(self.lab)
        lifecycle.up(self.lab, 1, self.debian, print)
        self.meet()

    def meet(self) -> None:
        """Know the machines of a lab that is up."""
        self.lab = state.open_lab(self.name)  # its network is chosen as it comes up; the one from before may be taken
        (self.client,) = layout.clients(self.lab, 1, self.debian)
        self.machine = self.client.v5
        self.download = layout.download(self.lab)
        config = self.lab.dir / "ssh" / "config"
        config.write_text(
            f"Host *\n  User ops\n  IdentityFile {self.lab.key}\n  UserKnownHostsFile {self.lab.known_hosts}\n"
            "  StrictHostKeyChecking yes\n  ControlMaster auto\n  ControlPersist 60\n"
            f"  ControlPath {self.lab.dir}/ssh/%h\n"
        )
        self.host = testinfra.get_host(f"ssh://{self.machine.address}", ssh_config=str(config), sudo=True)

    @property
    def secrets(self) -> dict:
        return inventory.passwords(self.lab, self.client)

    @property
    def url(self) -> str:
        return f"https://{self.machine.site}"

    @property
    def ca_file(self) -> str:
        return str(self.lab.dir / "tls" / "ca.crt")

    def play(self, playbook: str | Path, *arguments: str, **variables: object) -> Played:
        """Run a playbook (a file, or one of the project by its name) against the client, whatever its exit status."""
        with self._command(playbook, *arguments, **variables) as (command, environment):
            done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        self.outputs.append(output)
        recap = RECAP.search(output)
        return Played(done.returncode, output, int(recap.group(1)) if recap else -1)

    def kill_when(self, condition: Callable[[], object], what: str, **variables: object) -> None:
        """Run provision_v5.yml and kill it, with all it started here, as soon as the condition holds."""
        with self._command("provision_v5", **variables) as (command, environment), tempfile.TemporaryFile() as output:
            run = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
            try:
                wait_until(lambda: condition() or run.poll() is not None, what)
                assert run.poll() is None, "the run ended by itself"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)
                run.wait()

    @contextlib.contextmanager
    def _command(self, playbook: str | Path, *arguments: str, **variables: object) -> Iterator[tuple]:
        """The command that runs a playbook, and its environment."""
        if isinstance(playbook, str):
            playbook = f"playbooks/{playbook}.yml"
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as extra:
            yaml.safe_dump(variables, extra)
            extra.flush()
            command = [Path(sys.executable).with_name("ansible-playbook"), "-i", self.lab.inventory]
            command += ["--limit", "client1", "-e", f"@{extra.name}", *arguments, playbook]
            environment = {
                **os.environ,
                "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
                "ANSIBLE_NOCOLOR": "1",
                "LC_ALL": "C.UTF-8",
            }
            yield list(map(str, command)), environment

    def provision(self, *arguments: str, **variables: object) -> Played:
        """Run provision_v5.yml, which must succeed."""
        played = self.play("provision_v5", *arguments, **variables)
        assert played.status == 0, played.output[-6000:]
        return played

    def refused(self, *arguments: str, **variables: object) -> str:
        """Run provision_v5.yml, which must fail; returns its last message in one line."""
        played = self.play("provision_v5", *arguments, **variables)
        assert played.status == 2, played.output[-3000:]
        assert "Traceback" not in played.output
        fatal = re.findall(r'^fatal: .*?"msg": "((?:[^"\\]|\\.)*)"', played.output, re.M)
        assert fatal, played.output[-3000:]
        return json.loads(f'"{fatal[-1]}"')

    def shell(self, command: str) -> str:
        """Run a shell command on the V5 machine as root and return what it printed."""
        return self.machine.ssh(command).stdout.strip()

    def sql(self, statement: str, database: str = "invoiceninja_v5") -> str:
        """Run SQL on the V5 machine as MariaDB's root; columns are separated by tabs."""
        return self.machine.ssh(f"mysql --batch --skip-column-names {database}", input=statement).stdout.strip()

    def artisan(self, *arguments: str) -> str:
        return self.shell(f"cd {ROOT} && sudo -u www-data php artisan {' '.join(arguments)} 2>&1")

    def config(self, key: str) -> object:
        """The setting that V5 really uses, cached or not."""
        body = (
            f"$f='{ROOT}/bootstrap/cache/config.php'; $c=require $f;"
            f" foreach (explode('.', '{key}') as $k) {{ $c=$c[$k]; }} echo json_encode($c);"
        )
        return json.loads(self.machine.ssh("sudo -u www-data php", input=f"<?php {body}").stdout)

    def ask(self, path: str, scheme: str = "https", method: str = "GET", body: object = None, **headers: str) -> Answer:
        """Ask V5 over HTTP from this machine, its certificate verified by the lab's authority; follows no redirect."""
        if scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            connection = http.client.HTTPSConnection(self.machine.site, timeout=120, context=context)
            plain = socket.create_connection((self.machine.address, 443), timeout=120)
            connection.sock = context.wrap_socket(plain, server_hostname=self.machine.site)
        else:
            connection = http.client.HTTPConnection(self.machine.site, timeout=120)
            connection.sock = socket.create_connection((self.machine.address, 80), timeout=120)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"X-Requested-With": "XMLHttpRequest", **names})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, content)

    def version(self) -> str:
        """The version that V5 answers with."""
        return self.ask("/api/v1/ping").headers["X-App-Version"]

    @contextlib.contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Put V5's files and database back after the block, and its worker to work."""
        kept = "/var/tmp/ninjalift-test"  # noqa: S108 - on the machine, and only root writes there
        worker = "invoiceninja-queue php8.2-fpm"
        self.shell(
            f"systemctl stop {worker} && rm -rf {kept} && mkdir -m 0700 {kept} && cp -a {ROOT} {kept}/files"
            f" && mysqldump invoiceninja_v5 >{kept}/data.sql && systemctl start {worker}"
        )
        try:
            yield
        finally:
            self.shell(
                f"systemctl stop {worker} && rm -rf {ROOT} && mv {kept}/files {ROOT}"
                " && mysql -e 'DROP DATABASE invoiceninja_v5;"
                " CREATE DATABASE invoiceninja_v5 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'"
                f" && mysql invoiceninja_v5 <{kept}/data.sql && rm -rf {kept} && systemctl start {worker}"
            )

    def log_in(self) -> bool:
        """Whether the owner can log in with the password of the inventory."""
        body = json.dumps({"email": self.client.owner_email, "password": self.secrets["v5_owner_password"]})
        answer = self.ask("/api/v1/login?include=token", method="POST", body=body, Content_Type="application/json")
        return answer.status == 200 and bool(json.loads(answer.body)["data"][0]["token"]["token"])

    def offer(self, name: str, content: bytes) -> dict:
        """Put an archive on the download host; returns the variables that name it."""
        sites.send(self.download, {f"srv/download/{name}": content})
        return {
            "v5_archive_url": f"https://download.test/{name}",
            "v5_archive_checksum": f"sha256:{hashlib.sha256(content).hexdigest()}",
        }


def wait_until(condition: Callable[[], object], what: str) -> object:
    """Wait for something to become true and return it; a test fails when it does not within PATIENCE."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = condition()
        if seen:
            return seen
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE} seconds"
        time.sleep(0.2)


def release(version: str, more: dict | None = None, top: str = "") -> bytes:
    """The V5 stand-in's release of this version, with more files (path: content), below a top folder if asked for."""
    packed, buffer = io.BytesIO(releases.v5_tar(version)), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="r:gz") as source, tarfile.open(fileobj=buffer, mode="w") as target:
        for entry in source:
            content = source.extractfile(entry)
            entry.name = top + entry.name
            target.addfile(entry, content)
        for path, content in (more or {}).items():
            entry = tarfile.TarInfo(top + path)
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


@contextlib.contextmanager
def watched_processes(lab: V5Lab) -> Iterator[Callable[[], str]]:
    """Collect every command line on the V5 machine while the block runs; the function given returns them."""
    script = "while :; do for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$p; echo; done 2>/dev/null; sleep 0.02; done"
    lab.shell(
        "systemd-run --quiet --unit=ninjalift-watch --property=StandardOutput=truncate:/run/ninjalift-watch"
        f' sh -c "{script.replace("$", chr(92) + "$")}"'
    )
    try:
        yield lambda: lab.shell("sort -u /run/ninjalift-watch")
    finally:
        lab.shell("systemctl stop ninjalift-watch; rm -f /run/ninjalift-watch")


@contextlib.contextmanager
def standing(name: str, debian: str) -> Iterator[V5Lab]:
    """A lab of one client with new machines, taken down at the end."""
    lab = V5Lab(name, debian)
    try:
        lab.up()
        yield lab
    finally:
        if not os.environ.get("NINJALIFT_KEEP_LAB"):
            lifecycle.down(lab.lab)


@pytest.fixture(scope="session")
def bare() -> Iterator[V5Lab]:
    """A lab whose V5 machine is a bare Debian 12; test_v5_bare.py runs first and leaves it so."""
    with standing(NAME, "12") as lab:
        yield lab


@pytest.fixture(scope="session")
def v5(bare: V5Lab) -> V5Lab:
    """The same machine with V5 provisioned as the inventory says."""
    with watched_processes(bare) as processes:
        bare.provision()
        bare.processes = processes()
    return bare


@pytest.fixture(scope="session")
def trixie() -> Iterator[V5Lab]:
    """A lab whose V5 machine is a bare Debian 13."""
    with standing(f"{NAME}-13", "13") as lab:
        yield lab
