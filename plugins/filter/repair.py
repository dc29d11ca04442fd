"""Filters of the role ``repair``: what to ask of V5's database, and the plan that the answers make."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ansible.errors import AnsibleFilterError

from migration.errors import MigrationError
from migration.repair import documents, plan


def _queries(result: dict, parts: list[str]) -> dict:
    """{name: SQL} for one ``ninja_query`` call on V5; ``result``: ``reconcile_result``."""
    try:
        return plan.queries(result, parts)
    except MigrationError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters ``repair_queries``, ``repair_v4_queries``, ``repair_records``, ``repair_plan`` and its views."""

    def filters(self) -> dict:
        return {
            "repair_v4_queries": documents.v4_queries,
            "repair_records": documents.parents,
            "repair_queries": _queries,
            "repair_plan": plan.make,
            "repair_findings": plan.findings,
            "repair_lines": plan.lines,
            "repair_troubles": plan.troubles,
        }
