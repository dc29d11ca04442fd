"""playbooks/diagnose.yml on real machines: a V4 with data, and a Debian on which V5 is not there yet."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from diagnostics import pseudonyms
from lab import lifecycle, state

PROJECT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^(client1-v\d)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)


@dataclass
class Played:
    """How a run ended: its exit status, what it printed, and host → (ok, changed, unreachable, failed)."""

    status: int
    output: str
    hosts: dict


def play(lab: state.Lab, *arguments: str, inventory: Path | None = None, **variables: object) -> Played:
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [
        program,
        "-i",
        str(inventory or lab.inventory),
        "--limit",
        "client1",
        "-e",
        json.dumps(variables),
        *arguments,
    ]
    done = subprocess.run(
        [*command, "playbooks/diagnose.yml"],
        cwd=PROJECT,
        env={**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(lab.vault_password), "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert "Traceback" not in output
    hosts = {found[0]: tuple(map(int, found[1:])) for found in RECAP.findall(output)}
    return Played(done.returncode, output, hosts)


@pytest.fixture(scope="module")
def documents(lab: state.Lab, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a whole run keeps: host → document."""
    folder = tmp_path_factory.mktemp("kept") / "new folder"
    played = play(lab, diagnose_output=str(folder))
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["client1-v4.json", "client1-v5.json"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    return {"played": played, **{file.stem: json.loads(file.read_text()) for file in files}}


def failing(document: dict) -> list:
    return [each for each in document["findings"] if each["status"] in ("fail", "error")]


def test_what_fails_is_said_with_evidence_and_remedy_and_nothing_is_changed(documents):
    played = documents["played"]
    assert played.status == 2
    assert {host: recap[1:] for host, recap in played.hosts.items()}["client1-v5"] == (0, 0, 1)
    assert all(changed == 0 for _, changed, _, _ in played.hosts.values())
    missing = failing(documents["client1-v5"])
    assert missing, "there is no Invoice Ninja on that machine"
    said = " ".join(played.output.replace("\\n", " ").replace('\\"', '"').split())
    for finding in missing:
        assert finding["id"] in said
        assert " ".join(finding["evidence"].split()) in said
        assert " ".join(finding["remedy"].split()) in said


def test_the_facts_are_the_probes_and_hold_no_secret(lab, documents):
    assert documents["client1-v4"]["facts"]["app"]["kind"] == "v4"
    assert documents["client1-v4"]["facts"]["probe"]["user"] == "root"
    assert documents["client1-v5"]["facts"]["app"]["kind"] == ""
    text = json.dumps(documents["client1-v4"])
    v4 = lifecycle.find(lab, "client1-v4")
    secrets = v4.ssh("sed -n 's/^\\(APP_KEY\\|DB_PASSWORD\\)=//p' /var/www/invoiceninja/.env").stdout.split()
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret in text]


def test_check_mode_says_the_same_and_keeps_nothing(lab, documents, tmp_path):
    played = play(lab, "--check", diagnose_output=str(tmp_path / "none"))
    assert played.status == documents["played"].status
    assert {host: recap[1:] for host, recap in played.hosts.items()} == {
        host: recap[1:] for host, recap in documents["played"].hosts.items()
    }
    assert not (tmp_path / "none").exists()


def test_hosts_need_no_python(lab, documents):
    """An old V4 server has none that Ansible takes."""
    played = play(lab, ansible_python_interpreter="/nowhere/python3", diagnose_only=["host.reachable"])
    assert played.status == 0, played.output
    assert {host: recap[1:] for host, recap in played.hosts.items()} == {
        "client1-v4": (0, 0, 0),
        "client1-v5": (0, 0, 0),
    }


def test_which_checks_count(lab, documents):
    only = sorted({each["id"] for each in failing(documents["client1-v5"])})
    assert play(lab, "--limit", "client1-v5", diagnose_only=only).status == 2
    assert play(lab, "--limit", "client1-v5", diagnose_only=only, diagnose_skip=only).status == 0
    # A file that everybody may write is worth a warning.
    v4 = lifecycle.find(lab, "client1-v4")
    v4.ssh("install -m 0666 /dev/null /var/www/invoiceninja/storage/open")
    try:
        warned = {"diagnose_only": ["permissions.world-writable"]}
        played = play(lab, "--limit", "client1-v4", **warned)
        assert played.status == 0
        assert "WARN  client1-v4  permissions.world-writable" in played.output
        assert play(lab, "--limit", "client1-v4", diagnose_strict=True, **warned).status == 2
    finally:
        v4.ssh("rm /var/www/invoiceninja/storage/open")


def test_a_check_that_is_none(lab):
    played = play(lab, diagnose_skip=["nonsense"])
    assert played.status == 2
    assert "'nonsense' in diagnose_only or diagnose_skip is neither a check nor a group of checks" in played.output
    assert "Mend it with: `./cli.py explain`" in played.output


def test_one_machine_with_two_installations(lab, tmp_path):
    inventory = yaml.safe_load((lab.inventory / "hosts.yml").read_text())
    groups = inventory["all"]["children"]
    groups["v5"]["hosts"] = {"client1-v4": {}}
    groups["client1"]["hosts"] = {"client1-v4": {}}
    file = tmp_path / "hosts.yml"
    file.write_text(yaml.safe_dump(inventory))
    played = play(lab, inventory=file, v5_root="/srv/none", diagnose_output=str(tmp_path / "kept"))
    assert [file.name for file in sorted((tmp_path / "kept").iterdir())] == ["client1-v4-V4.json", "client1-v4-V5.json"]
    v5 = json.loads((tmp_path / "kept/client1-v4-V5.json").read_text())
    assert v5["facts"]["probe"]["root_asked"] == "/srv/none"
    assert played.status == 2
    assert "client1-v4 (V5)  " in played.output


def test_the_secret_of_the_pseudonyms_is_nowhere_to_be_seen(lab):
    """Not in a list of processes, here or there, not in what the most talkative run prints, and in no file there."""
    secrets = [pseudonyms.salt("client1"), pseudonyms.key_file().read_text().strip()]
    v4 = lifecycle.find(lab, "client1-v4")
    here: set = set()
    over = threading.Event()

    def look_here() -> None:
        while not over.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    here.add(file.read_bytes())

    watcher = subprocess.Popen(
        [*v4.ssh_command(), "touch /run/watch; while [ -e /run/watch ]; do cat /proc/[0-9]*/cmdline 2>/dev/null; done"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    there: list = []
    threads = [threading.Thread(target=look_here)]
    threads.append(threading.Thread(target=lambda: there.append(watcher.stdout.read())))
    for each in threads:
        each.start()
    v4.ssh("until [ -e /run/watch ]; do sleep 0.1; done; touch /run/before")
    try:
        output = play(lab, "-vvvvv", "--limit", "client1-v4", diagnose_only=["host.reachable"]).output
    finally:
        over.set()
        v4.ssh("rm -f /run/watch")
        watcher.wait(60)
        for each in threads:
            each.join(60)
    assert b'eval "$(cat)"' in there[0], "the probe was seen there"
    assert any(b"ansible-playbook" in each for each in here), "and what started it here"
    everywhere = there[0] + b"".join(here) + output.encode()
    assert not [secret for secret in secrets if secret.encode() in everywhere]
    assert (
        v4.ssh(
            "find /tmp /var/tmp /root/.ansible /home/ops/.ansible -newer /run/before -type f 2>/dev/null || true"
        ).stdout
        == ""
    )
