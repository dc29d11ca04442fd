"""Fixtures for the V4 roles: a lab of their own, whose V4 can be put back as it was within a second or two.

A pytest plugin: a test module says ``pytest_plugins = ["v4_lab"]``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import pytest
import yaml

from lab import layout, lifecycle, releases, sites, state

PROJECT = Path(__file__).resolve().parents[2]
ROOT = "/var/www/invoiceninja"
DATABASE = "ninja"
PRISTINE = "/srv/pristine"
RECAP = re.compile(r"^client1-v4\s+:.*?changed=(\d+).*?failed=(\d+)", re.M)


@dataclass
class Played:
    """How a playbook ended: its exit status, what it printed, and how many tasks changed something."""

    status: int
    output: str
    changed: int

    @property
    def message(self) -> str:
        """The last failure's message, in one line."""
        fatal = re.findall(r'^(?:fatal|failed): .*?"msg": "((?:[^"\\]|\\.)*)"', self.output, re.M)
        assert fatal, self.output[-3000:]
        return json.loads(f'"{fatal[-1]}"')


def release(
    version: str = "4.5.50", edit: Callable[[str, bytes], bytes | None] = lambda _, content: content, **new: str
) -> bytes:
    """V4's release with its files changed or (None) left out by ``edit``, and further files {path: text}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(releases.v4_zip(version))) as source, zipfile.ZipFile(
        buffer, "w", zipfile.ZIP_DEFLATED
    ) as target:
        for member in source.infolist():
            content = edit(member.filename, source.read(member))
            if content is not None:
                target.writestr(member, content)
        for name, text in new.items():
            target.writestr(name, text)
    return buffer.getvalue()


class V4Lab:
    """One client's V4 machine and the download host, and how playbooks are run against them."""

    project = PROJECT
    release = staticmethod(release)

    def __init__(self, name: str) -> None:
        self.lab = state.open_lab(name)
        if self.lab.read_settings() and not os.environ.get("NINJALIFT_KEEP_LAB"):
            lifecycle.down(self.lab)
        lifecycle.up(self.lab, 1, "12", print)
        self.lab = state.open_lab(name)  # its network is chosen as it comes up; the one from before may be taken
        (self.client,) = layout.clients(self.lab, 1)
        self.machine = self.client.v4
        self.download = layout.download(self.lab)
        self.database = self.shell(f"sed -n 's/^DB_DATABASE=//p' {ROOT}/.env")
        self.shell(
            f"if [ ! -e {PRISTINE} ]; then mkdir -p {PRISTINE} && cp -a {ROOT} {PRISTINE}/root"
            f" && mysqldump --routines --hex-blob {self.database} >{PRISTINE}/database.sql; fi"
        )

    def put_back(self) -> None:
        """Make V4's files and database what they were when the lab came up, and forget all backups."""
        self.shell(
            f"systemctl stop php7.4-fpm; rm -rf {ROOT} /var/backups/ninjalift; cp -a {PRISTINE}/root {ROOT}"
            f" && mysql -e 'DROP DATABASE IF EXISTS `{self.database}`; CREATE DATABASE `{self.database}`"
            " CHARACTER SET utf8 COLLATE utf8_unicode_ci'"
            f" && mysql {self.database} <{PRISTINE}/database.sql && systemctl start php7.4-fpm"
        )

    def shell(self, command: str, script: str = "") -> str:
        """Run a shell command on the V4 machine as root and return what it printed."""
        return self.machine.ssh(command, input=script or None).stdout.strip()

    def sql(self, *statements: str) -> str:
        """Run SQL in V4's database as MariaDB's root; columns are separated by tabs."""
        return self.shell(f"mysql --batch --skip-column-names {self.database}", ";\n".join(statements) + ";\n")

    def play(self, playbook: str, *arguments: str, **variables: object) -> Played:
        """Run a playbook (of the project, or a path) against the client; never raises for its exit status."""
        path = playbook if playbook.endswith(".yml") else f"playbooks/{playbook}.yml"
        variables = {"v4_ca_file": str(self.lab.dir / "tls" / "ca.crt"), "v4_upgrade_retries": 10, **variables}
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as extra:
            yaml.safe_dump(variables, extra)
            extra.flush()
            done = subprocess.run(
                [*self.command(path), "-e", f"@{extra.name}", *arguments],
                cwd=PROJECT,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
            )
        output = done.stdout + done.stderr
        assert "Traceback (most recent call last)" not in output, output[-4000:]
        recap = RECAP.search(output)
        return Played(done.returncode, output, int(recap.group(1)) if recap else -1)

    def command(self, path: str) -> list[str]:
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        return [program, "-i", str(self.lab.inventory), "--limit", "client1", path]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }

    def tasks(self, *tasks: dict, check: bool = False, **variables: object) -> Played:
        """Run tasks on V4's host as root, as a playbook of one's own would; ``check``: only say what they would do."""
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as playbook:
            yaml.safe_dump([{"hosts": "v4", "become": True, "gather_facts": False, "tasks": list(tasks)}], playbook)
            playbook.flush()
            return self.play(playbook.name, *(["--check"] if check else []), **variables)

    def findings(self, **variables: object) -> dict[str, dict]:
        """{id: finding} of the role v4, without its report."""
        with tempfile.TemporaryDirectory() as folder:
            played = self.tasks(
                {"ansible.builtin.include_role": {"name": "v4", "tasks_from": "facts"}},
                {"ansible.builtin.include_role": {"name": "v4", "tasks_from": "verify"}},
                {
                    "ansible.builtin.copy": {"content": "{{ v4_findings | to_json }}", "dest": f"{folder}/found.json"},
                    "delegate_to": "localhost",
                    "become": False,
                },
                **variables,
            )
            assert played.status == 0, played.output[-4000:]
            found = json.loads((Path(folder) / "found.json").read_text())
        return {finding["id"]: finding for finding in found}

    def offer(self, name: str, content: bytes) -> dict[str, str]:
        """Put an archive on the download host; returns the variables that name it."""
        sites.send(self.download, {f"srv/download/{name}": content})
        return {
            "v4_upgrade_archive_url": f"https://download.test/{name}",
            "v4_upgrade_archive_checksum": f"sha256:{hashlib.sha256(content).hexdigest()}",
        }

    def snapshot(self) -> str:
        """All of V4's files (but logs and caches) with owners and modes, and digests of them and of the database."""
        return self.shell(
            f"cd {ROOT} && find . -path ./storage/logs -prune -o -path ./storage/framework -prune -o"
            " -path ./bootstrap/cache -prune -o -name version.txt -prune -o"
            " -printf '%p %y %m %u %g %l\\n' | sort;"
            " find . -path ./storage/logs -prune -o -path ./storage/framework -prune -o -path ./bootstrap/cache -prune"
            " -o -name version.txt -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum;"
            f" mysqldump --skip-comments --skip-dump-date --hex-blob {self.database} | sha256sum"
        )

    def served(self) -> str:
        """The version that V4 names over HTTPS, empty in maintenance mode."""
        answer = self.shell(
            f"curl -sS --max-time 20 --resolve {self.machine.site}:443:127.0.0.1 -o /dev/null -D -"
            f" https://{self.machine.site}/api/v1/ping"
        )
        found = re.search(r"^X-Ninja-Version: (\S+)", answer, re.M | re.I)
        return found.group(1) if found else ""


@pytest.fixture(scope="session")
def v4_lab() -> Iterator[V4Lab]:
    """A lab with a V4 4.5.49 that holds the recorded data."""
    lab = V4Lab(f"{os.environ.get('NINJALIFT_TEST_LAB', 't')}-v4")
    try:
        yield lab
    finally:
        if not os.environ.get("NINJALIFT_KEEP_LAB"):
            lifecycle.down(lab.lab)


@pytest.fixture
def v4(v4_lab: V4Lab) -> Iterator[V4Lab]:
    """The same, as on the first day when the test begins."""
    v4_lab.put_back()
    yield v4_lab
