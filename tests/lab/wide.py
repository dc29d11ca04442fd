"""Which cases of a table are tested every time, and which only where all are asked for: `scripts/test wide`."""

from __future__ import annotations

from typing import Iterable

import pytest


def but(kept: Iterable, cases: Iterable) -> list:
    """The cases as parameters of a test, all but the kept ones marked wide."""
    kept = list(kept)
    cases = list(cases)
    assert all(each in cases for each in kept), "a kept case that is none would be missed by nobody"
    return [each if each in kept else pytest.param(each, marks=pytest.mark.wide) for each in cases]
