"""Filters of the role reconcile: which records are to be looked at, and the document of what differs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from migration.reconcile import compare, page, text


class FilterModule:
    def filters(self) -> dict:
        return {
            "ninja_reconcile_numberless": compare.numberless,
            "ninja_reconcile_wanted": compare.differing,
            "ninja_reconcile": compare.document,
            "ninja_reconcile_table": text.table,
            "ninja_reconcile_page": page.html,
        }
