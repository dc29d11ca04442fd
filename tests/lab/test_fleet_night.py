"""A night of many clients: one command, a fault in most of them, each mended, the same command again; and kills.

The issue's whole night is eight clients with five faults and ten kills: `scripts/test night`. Otherwise it is smaller.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator

import pytest
from fleet_lab import CLIENTS, WELL, Night, descendants
from v5_lab import PROJECT, ROOT, wait_until

from lab import ca, inventory, layout

pytest_plugins = ["fleet_lab"]

KILLS = int(os.environ.get("NINJALIFT_NIGHT_KILLS", "1"))
KILLED = min(CLIENTS, 4)  # clients in a run that is killed
RUN = ("run", "--all", "--execute", "--repair", "--parallel", "4")


# The faults. Each knows how it is made, what the run must say of it, and how it is mended by what the run said.


def _self_signed(night: Night, client: layout.Client) -> None:
    tls = night.lab.dir / "tls"
    ca.certificate(ca.authority(tls), client.v5.site, "self-signed").write(tls, client.v5.site)


def _signed(night: Night, client: layout.Client, told: dict) -> None:
    tls = night.lab.dir / "tls"
    ca.certificate(ca.authority(tls), client.v5.site).write(tls, client.v5.site)


def _masked_cron(night: Night, client: layout.Client) -> None:
    client.v5.ssh("systemctl mask --now cron")


def _remedy_on_v5(night: Night, client: layout.Client, told: dict) -> None:
    client.v5.ssh(told["remedy"])


def _no_storage(night: Night, client: layout.Client) -> None:
    client.v4.ssh(f"chown -R root: {ROOT}/storage && chmod 0700 {ROOT}/storage")


def _storage_back(night: Night, client: layout.Client, told: dict) -> None:
    [finding] = [each for each in told["findings"] if each["id"] == "v4-storage-not-writable"]
    client.v4.ssh(finding["remedy"].strip("`"))


def _dangling(night: Night, client: layout.Client) -> None:
    night.v4_sql(client, "UPDATE invoices SET client_id = 99999 WHERE id = 20")


def _printed_sql(night: Night, client: layout.Client, told: dict) -> None:
    [finding] = [each for each in told["findings"] if each["id"] == "invoices-client-missing"]
    night.v4_sql(client, " ".join(finding["sql"]))


def _half_a_company(night: Night, client: layout.Client) -> None:
    _, told, _ = night.cli("run", client.name, "--repair")
    assert told[client.name]["status"] in WELL, told[client.name]["message"]
    night.v5_sql(client, "DELETE FROM invoices ORDER BY id DESC LIMIT 5")


def _remedy_here(night: Night, client: layout.Client, told: dict) -> None:
    night.remedy(told["remedy"])


@dataclass(frozen=True)
class Fault:
    """make(night, client); message: what the run says; finding: its id, if there is one; mend(night, client, told)."""

    make: Callable
    message: str
    mend: Callable
    finding: str = ""


FAULTS = (
    Fault(_dangling, "cannot be migrated yet: invoices-client-missing", _printed_sql, "invoices-client-missing"),
    Fault(_self_signed, "its certificate is not trusted (self-signed certificate)", _signed),
    Fault(_masked_cron, "Somebody masked it", _remedy_on_v5),
    Fault(_no_storage, "cannot be migrated yet: v4-storage-not-writable", _storage_back, "v4-storage-not-writable"),
    Fault(_half_a_company, "but not all of V4's data: 5 of 64 invoices are missing", _remedy_here),
)[: CLIENTS - 1]


@dataclass
class Ended:
    """What the night's first run ended with."""

    status: int
    told: dict
    record: Path
    faults: dict = field(default_factory=dict)  # client → Fault
    planned: dict = field(default_factory=dict)  # the plan before it, by client
    heard: list = field(default_factory=list)  # what its hooks were told, a line each


@pytest.fixture(scope="module")
def ended(night: Night) -> Ended:
    """The first run of the night: the last clients have a fault each, the others none."""
    faults = dict(zip([each.name for each in night.clients[-len(FAULTS) :]], FAULTS))
    for client in night.clients:
        if client.name in faults:
            faults[client.name].make(night, client)
    _, planned, _ = night.cli("run", "--all")
    with hooks(night) as heard:
        status, told, document = night.cli(*RUN)
    return Ended(status, told, Path(document["record"]), faults, planned, heard.read_text().splitlines())


@contextlib.contextmanager
def hooks(night: Night) -> Iterator[Path]:
    """Commands that are told how each client ended; the file in which they write what they were told."""
    heard, script = night.lab.dir / "heard", night.lab.dir / "hear.sh"
    heard.write_text("")
    script.write_text(f'echo "$NINJALIFT_CLIENT $NINJALIFT_HOOK $NINJALIFT_STATUS" >>{shlex.quote(str(heard))}\n')
    variables = night.lab.inventory / "group_vars" / "all" / "hooks.yml"
    variables.parent.mkdir(exist_ok=True)
    command = ["sh", str(script)]
    variables.write_text(json.dumps({"hooks_on_success": command, "hooks_on_failure": command}))
    try:
        yield heard
    finally:
        variables.unlink()


def test_the_plan_names_every_client_and_changed_nothing(night, ended):
    assert list(ended.planned) == [each.name for each in night.clients]
    for name, plan in ended.planned.items():
        if name not in ended.faults:
            assert "do" in {each["action"] for each in plan["stages"]}, plan
            assert plan["seconds"] > 0
            assert {"provision", "migrate"} <= {each["stage"] for each in plan["stages"] if each["action"] == "do"}
            assert ended.told[name]["changed"], "what the plan named was still to be done"


def test_healthy_clients_go_through_and_each_fault_stops_with_what_mends_it(night, ended):
    assert ended.status == 3
    assert list(ended.told) == [each.name for each in night.clients]
    for name, told in ended.told.items():
        fault = ended.faults.get(name)
        assert (told["status"] in WELL) is (fault is None), (name, told["message"])
        if fault:
            assert fault.message in told["message"], (name, told["message"])
            assert told["remedy"], name
            assert not fault.finding or fault.finding in [each["id"] for each in told["findings"]]
        hook = "on_failure" if fault else "on_success"
        assert f"{name} {hook} {told['status']}" in ended.heard
    assert len(ended.heard) == CLIENTS
    for client in night.clients:
        if client.name not in ended.faults:
            night.assert_moved(client)


def test_the_morning_s_report_tells_each_client_and_no_secret(night, ended, tmp_path):
    pages = tmp_path / "pages"
    command = [PROJECT / "cli.py", "report", ended.record.name, "--html", tmp_path / "night.html"]
    command += ["--csv", tmp_path / "night.csv", "--customers", pages]
    done = subprocess.run(command, env=night.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "night.html").read_text()
    assert all(name in page for name in ended.told)
    assert len((tmp_path / "night.csv").read_text().splitlines()) == 1 + CLIENTS
    assert len(list(pages.iterdir())) == CLIENTS
    _, states, _ = night.cli("status")
    stages = {name: each["stage"] for name, each in states.items()}
    assert {stages[name] for name in stages if name not in ended.faults} == {"migrate"}
    secrets = {value for client in night.clients for value in inventory.passwords(night.lab, client).values()}
    for place in (ended.record, tmp_path):
        for secret in secrets:
            found = subprocess.run(["grep", "-rlF", "-e", secret, place], capture_output=True, check=False)
            assert found.stdout == b"", "no record and no report holds a secret"


def test_mended_the_same_command_ends_well_and_does_nothing_twice(night, ended):
    for client in night.clients:
        if client.name in ended.faults:
            ended.faults[client.name].mend(night, client, ended.told[client.name])
    status, told, _ = night.cli(*RUN)
    assert status == 0, {name: each["message"] for name, each in told.items()}
    for client in night.clients:
        assert told[client.name]["status"] in WELL
        night.assert_moved(client)
        if client.name not in ended.faults:
            changed = [each["task"] for each in told[client.name]["steps"] if each["status"] == "changed"]
            assert changed == [], (client.name, changed)


@pytest.mark.wide
def test_a_run_that_is_asked_to_end_goes_on_by_the_same_command(night):
    client = night.clients[0]
    night.roll_back(client)
    before = night.records()
    process = night.start("run", client.name, "--repair")
    try:
        begun = {"event": "stage", "stage": "migrate", "state": "started"}
        wait_until(lambda: night.happened(before, **begun) or process.poll() is not None, "the migration")
        assert night.said("abort", client.name).returncode == 0
        assert night.said("wait", client.name).returncode == process.wait() == 1
    finally:
        process.kill()
        process.wait()
    assert "stopped by hand" in night.said("logs", client.name).stdout
    status, told, _ = night.cli("run", client.name, "--repair")
    assert status == 0, told[client.name]["message"]
    night.assert_moved(client)


@pytest.mark.wide
def test_a_controller_that_is_killed_at_any_moment_is_simply_repeated(night):
    seed = int(os.environ.get("NINJALIFT_NIGHT_SEED", time.time_ns() % 1_000_000))
    print(f"NINJALIFT_NIGHT_SEED={seed}")
    chance = random.Random(seed)
    clients = night.clients[:KILLED]
    names = [each.name for each in clients]
    command = ("run", "--limit", ",".join(names), "--execute", "--repair", "--parallel", "4")
    whole = 0.0
    number = 0
    while number <= KILLS:
        with ThreadPoolExecutor() as side_by_side:
            list(side_by_side.map(night.roll_back, clients))
        if number:
            moment = chance.uniform(0.02, 0.98) * whole
            print(f"kill {number} of {KILLS} after {moment:.1f} s of {whole:.1f}")
            process = night.start(*command)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                pass
            else:  # it was faster than the one that was measured; that is no kill
                assert process.returncode == 0
                whole = moment
                continue
            # By turns with all that it started here, and alone: then its Ansible goes on for a while.
            family = descendants(process.pid) if number % 2 else []
            for each in (process.pid, *family):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            process.wait()
        began = time.monotonic()
        status, told, _ = night.cli(*command)
        whole = whole or time.monotonic() - began
        assert status == 0, {name: each["message"] for name, each in told.items()}
        for client in clients:
            night.assert_moved(client)
        number += 1
