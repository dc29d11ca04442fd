"""Filters of the role ``v4``: what to ask of V4's database, and what the answers mean."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ansible.errors import AnsibleFilterError

from migration import v4_checks, v4_facts


class FilterModule:
    """The filters ``v4_fact_queries``, ``v4_facts``, ``v4_host_findings``, ``v4_check_queries``, ``v4_findings`` …"""

    def filters(self) -> dict:
        return {
            "v4_probe": v4_facts.probe,
            "v4_fact_queries": v4_facts.queries,
            "v4_facts": v4_facts.facts,
            "v4_php_runs": v4_facts.runs_v4,
            "v4_host_findings": v4_facts.findings,
            "v4_check_queries": _queries,
            "v4_findings": _findings,
            "v4_findings_table": v4_checks.table,
            "v4_worst": v4_checks.worst,
        }


def _arguments(facts: dict, columns: list[str]) -> tuple:
    owner = facts["owner"]
    if not owner:
        raise AnsibleFilterError("V4's owner is unknown, so its data cannot be checked.")
    return owner["account_id"], owner["id"], facts["exporting_state"], columns


def _queries(facts: dict, columns: list[str]) -> dict:
    """{check id: SQL} for one ``ninja_query`` call; ``facts``: v4_facts, ``columns``: table.column of the database."""
    return v4_checks.queries(*_arguments(facts, columns))


def _findings(rows: dict, facts: dict, columns: list[str]) -> list[dict]:
    """The findings of the data checks; ``rows``: the answer of ``ninja_query``."""
    return v4_checks.findings(rows, *_arguments(facts, columns))
