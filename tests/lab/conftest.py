"""What the tests on real machines share: the marker, what they need of this machine, and a lab of one client.

A lab is left standing, to look at it, with NINJALIFT_KEEP_LAB=1 in the environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from lab import lifecycle, state  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of these tests."""
    config.addinivalue_line("markers", "lab: needs booted machines, so root, debootstrap and systemd-nspawn")
    config.addinivalue_line("markers", "wide: a further case of what other tests show; only by `scripts/test wide`")


def pytest_collection_modifyitems(items: list) -> None:
    """Mark every test below this directory, so that `-m lab` selects them, and let modules have their TURN.

    Modules that share a lab say by TURN (0 where they say nothing) which of them comes later: what it makes of the
    machines is nothing that those before should meet.
    """
    items.sort(key=lambda item: getattr(item.module, "TURN", 0))
    here = Path(__file__).resolve().parent
    for item in items:
        if here in Path(item.path).resolve().parents:
            item.add_marker("lab")


@pytest.fixture(scope="session", autouse=True)
def able() -> None:
    """Say once what is missing to boot machines, instead of a traceback in each test."""
    try:
        lifecycle.require()
    except state.LabError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def lab(able: None) -> Iterator[state.Lab]:
    """A lab of one client with new machines, taken down at the end."""
    one = state.open_lab(f"{os.environ.get('NINJALIFT_TEST_LAB', 't')}-lab")
    if one.read_settings():
        lifecycle.down(one)
    lifecycle.up(one, 1, "12", print)
    yield one
    if not os.environ.get("NINJALIFT_KEEP_LAB"):
        lifecycle.down(one)
