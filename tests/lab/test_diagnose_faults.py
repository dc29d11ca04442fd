"""A machine that is broken in one way gives that finding, the healthy machine none: the table in fault_table.py.

The client has been moved from V4 to V5 by ``./cli.py run``, and is diagnosed as a user does it, over SSH.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Callable, ContextManager, Iterator, Sequence

import pytest
import wide
from fault_table import Fault, all_faults
from v5_lab import V5Lab

from diagnostics.findings import PASS, SKIP, Finding
from fleet import diagnose
from lab import faults
from lab.machines import Machine

pytest_plugins = ["diagnose_lab"]
TURN = 1
FAULTS = all_faults()


@pytest.fixture(scope="module")
def look(client: V5Lab) -> Callable[[str, int], list[Finding]]:
    """Diagnose a host, ``v4`` or ``v5``, with the logs since a moment; returns what is not well, or not there."""

    inquiries = {
        host: diagnose.prepared(
            [f"client1-{host}"],
            sudo=True,
            inventory=client.lab.inventory,
            vault_password_file=str(client.lab.vault_password),
        )
        for host in ("v4", "v5")
    }

    def findings(host: str, since: int) -> list[Finding]:
        asked = inquiries[host]
        (diagnosis,) = replace(asked, options=replace(asked.options, since=since)).look()
        return [each for each in diagnosis.findings if each.status not in (PASS, SKIP)]

    return findings


def machine(client: V5Lab, name: str) -> Machine:
    return {"v4": client.client.v4, "v5": client.client.v5}[name]


def broken(client: V5Lab, fault: Fault) -> ContextManager[None]:
    """The machine with the fault; mended at the end, whatever happens."""
    one = machine(client, fault.machine)
    if fault.certificate:
        return faults.wrong_certificate(one, fault.certificate)
    return _by_shell(one, fault)


@contextlib.contextmanager
def _by_shell(one: Machine, fault: Fault) -> Iterator[None]:
    try:
        one.ssh("sh -s", input=fault.break_)
        yield
    finally:
        one.ssh("sh -s", input=fault.mend)


def new_second() -> int:
    """The beginning of a second that has just begun: logs know no less, and what was before is older by theirs."""
    begins = int(time.time()) + 1
    while time.time() < begins:
        time.sleep(0.02)
    return begins


def shown(findings: Sequence[Finding]) -> str:
    return "\n".join(f"{each.status} {each.id}: {each.evidence}" for each in findings)


@pytest.mark.parametrize("host", ["v4", "v5"])
def test_a_healthy_machine_gives_no_finding(look, host):
    found = look(host, 0)
    assert not found, shown(found)


@pytest.mark.parametrize("fault", wide.but(FAULTS[::4], FAULTS), ids=str)
def test_a_fault_gives_its_finding(client, look, fault: Fault):
    """And no other than those that the table names; that the fault before was mended shows here, too."""
    began = new_second()
    with broken(client, fault):
        found = look(fault.host, began)
    (own,) = [each for each in found if each.id == fault.check_id] or [None]
    assert own, f"{fault.check_id} found nothing. Found:\n{shown(found)}"
    assert own.status in ("fail", "warn"), shown([own])
    assert own.evidence
    assert own.remedy
    others = [each for each in found if each is not own and not {each.id, each.group} & set(fault.also)]
    assert not others, f"Other findings:\n{shown(others)}"


@pytest.mark.parametrize("host", ["v4", "v5"])
def test_the_mended_machine_gives_no_finding(client, look, host):
    found = look(host, new_second())
    assert not found, shown(found)
