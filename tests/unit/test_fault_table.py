"""The table of faults for the lab, as far as it can be judged without a machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics.check import GROUPS, all_checks
from lab.ca import KINDS

sys.path.append(str(Path(__file__).resolve().parents[1] / "lab"))

from fault_table import Fault
from fault_table_a import FAULTS, NOT_HERE

MINE = ("host", "php", "web", "tls", "permissions", "exposure", "mail")
CHECKS = {each.id: each for each in all_checks()}


def test_every_check_can_be_broken_or_says_why_not():
    broken = {each.check_id for each in FAULTS}
    mine = {id for id, each in CHECKS.items() if each.group in MINE} - {"host.reachable"}  # its fault is the connection
    assert broken | set(NOT_HERE) == mine
    assert not broken & set(NOT_HERE)


def test_a_fault_stands_there_once():
    names = [str(each) for each in FAULTS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_declared_in_full(fault: Fault):
    check = CHECKS[fault.check_id]
    assert fault.host in check.kinds
    assert fault.machine in ("v4", "v5")
    assert bool(fault.break_) == bool(fault.mend) == (not fault.certificate)
    assert fault.certificate in ("", *KINDS)
    assert all(each in CHECKS or each in GROUPS for each in fault.also)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("part", ["break_", "mend"])
def test_a_fault_is_shell(fault: Fault, part: str):
    said = subprocess.run(
        ["sh", "-n"],
        input=getattr(fault, part),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
