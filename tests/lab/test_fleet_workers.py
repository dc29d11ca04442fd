"""Two machines as workers of a run; one is pulled off the network in the middle, and is off it when the next begins.

They come to the lab of the night, after it.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from fleet_lab import Night
from v5_lab import PROJECT, wait_until

from lab import faults, inventory
from lab.machines import Machine

pytest_plugins = ["fleet_lab"]
pytestmark = pytest.mark.wide

TURN = 1
CLIENTS = ("client1", "client2")
RUN = ("run", "--limit", ",".join(CLIENTS), "--execute", "--repair", "--parallel", "2")
PACKAGES = ("ansible-core==", "ansible==", "ansible-runner==", "cryptography==", "jinja2==", "paramiko==", "PyYAML>=")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workers' Python packages: the lab's machines have no way to the package index."""
    folder = tmp_path_factory.mktemp("wheels")
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    (folder / "wanted").write_text("\n".join(line for line in lines if line.startswith(PACKAGES)))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder / "wheels", "-r", folder / "wanted"]
    debian12 = ["--python-version", "3.11", "--only-binary", ":all:"]
    subprocess.run([*pip, *debian12], check=True)
    return folder / "wheels"


@pytest.fixture(scope="module")
def workers(night: Night) -> list:
    return night.add_workers(2)


def set_up(night: Night, wheels: Path) -> list:
    """Run playbooks/workers.yml; what Ansible's recap says, a line a worker."""
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "ansible-playbook", "-i", night.lab.inventory),
            *(PROJECT / "playbooks" / "workers.yml", "-e", f"worker_wheels_src={wheels}"),
        ],
        cwd=PROJECT,
        env=night.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout.partition("PLAY RECAP")[2].strip().splitlines()[1:]


LEFT = (
    "find /dev/shm/ninjalift-* /var/tmp/ninjalift-* -mindepth 1 ! -name guard 2>/dev/null;"
    " pgrep -af 'ninjalift_[w]orker|ansible-[r]unner|ansible-[p]laybook|[k]nown_hosts'; true"
)


def left_on(worker: Machine) -> str:
    """Processes and files of runs that are on a worker."""
    return worker.ssh(LEFT).stdout


def left_inside(worker: Machine) -> str:
    """The same for one that is off the network."""
    words = ["pgrep", "-P", str(worker.pid())]  # the machine's first process is nspawn's child
    first = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[0]
    inside = ["nsenter", "-t", first, "-m", "-p", "--", "sh", "-c", LEFT]
    return subprocess.run(inside, capture_output=True, text=True, check=True).stdout


def secret_at(worker: Machine, secrets: set) -> str:
    """Where a secret stands on a worker: files beside those in memory, and command lines."""
    return worker.ssh(
        "cat > /run/secrets.$$; grep -rlFf /run/secrets.$$ /home /root /tmp /var/tmp /var/log 2>/dev/null;"
        " for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$each 2>/dev/null | grep -Ff /run/secrets.$$;"
        " done; rm /run/secrets.$$",
        input="\n".join(secrets) + "\n",
    ).stdout


def test_a_machine_becomes_a_worker_and_stays_one(night, workers, wheels):
    set_up(night, wheels)
    assert [line.split()[3] for line in set_up(night, wheels)] == ["changed=0", "changed=0"]


def test_a_lost_worker_s_client_is_taken_over_without_harm(night, workers):
    clients = night.clients[: len(CLIENTS)]
    for client in clients:
        night.roll_back(client)
    secrets = {value for client in clients for value in inventory.passwords(night.lab, client).values()}
    first, second = workers
    happened = partial(night.happened, night.records())
    process = night.start(*RUN)
    try:
        wait_until(lambda: len(happened(event="client_started")) == 2, "the beginning")
        placed = {each["worker"]: each["client"] for each in happened(event="client_started")}
        assert sorted(placed) == [first.name, second.name], "each worker has a client"
        theirs = placed[second.name]
        begun = {"event": "stage", "client": theirs, "stage": "migrate", "state": "started"}
        wait_until(lambda: happened(**begun), "the migration")
        assert left_on(second) and left_on(first)
        for worker in workers:
            assert secret_at(worker, secrets) == ""
        with faults.cut_link(second):
            wait_until(lambda: happened(event="worker_taken", client=theirs), "the other worker")
            assert happened(event="worker_lost", client=theirs, worker=second.name)
            assert happened(event="worker_taken", client=theirs)[0]["worker"] == first.name
            # It gave up by itself, while nobody could reach it.
            wait_until(lambda: not left_inside(second), "its end")
            assert process.wait(1800) == 0
        wait_until(lambda: not left_on(second), "an empty worker")
        assert left_on(first) == ""
    finally:
        process.kill()
        process.wait()
    for client in clients:
        night.assert_moved(client)
    for secret in secrets:
        found = subprocess.run(
            ["grep", "-rlF", "-e", secret, night.lab.dir / "state"], capture_output=True, check=False
        )
        assert found.stdout == b"", "no record holds a secret"
    assert not list(Path("/dev/shm").glob("ninjalift-parcel-*"))  # noqa: S108


def test_an_unreachable_worker_is_told_and_the_others_do_it(night, workers):
    with faults.cut_link(workers[0]):
        done = subprocess.run(
            [PROJECT / "cli.py", *RUN], env=night.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"The worker {workers[0].name} cannot be used" in done.stdout + done.stderr
        with faults.cut_link(workers[1]):
            status, _, document = night.cli(*RUN)
            assert status == 2
            assert "cannot be used" in document["message"]
            assert document["remedy"]
    for client in night.clients[: len(CLIENTS)]:
        night.assert_moved(client)
    assert all(not left_on(each) for each in workers)
