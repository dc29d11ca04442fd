"""Filters of the playbooks: the pairing of a client's hosts, and readings that ``migration/`` makes."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible.errors import AnsibleFilterError

# The playbooks are started from anywhere; the rooms lie beside plugins/.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from migration import counts
from migration.check_data import findings, parse_check_data
from migration.clients import pair
from migration.cutover import marks, queries
from migration.cutover.todo import todo
from migration.errors import MigrationError


def _as_filter(function):
    """The function as a filter: its error becomes Ansible's, without a traceback."""

    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except MigrationError as error:
            raise AnsibleFilterError(str(error)) from None

    run.__doc__ = function.__doc__
    return run


class FilterModule:
    def filters(self) -> dict:
        return {
            "ninja_client": _as_filter(pair),
            "ninja_check_data": _as_filter(parse_check_data),
            "ninja_check_data_findings": findings,
            "ninja_manifest_diff": _as_filter(counts.compare_manifest),
            "ninja_v4_company": _as_filter(counts.v4_company_query),
            "ninja_v4_counts": _as_filter(counts.v4_queries),
            "ninja_v5_counts": _as_filter(counts.v5_queries),
            "ninja_v5_company": _as_filter(queries.v5_company),
            "ninja_v4_left": _as_filter(queries.v4_left),
            "ninja_v4_links": _as_filter(queries.v4_links),
            "ninja_v5_migrated": _as_filter(queries.v5_migrated),
            "ninja_v5_links": _as_filter(queries.v5_links),
            "ninja_unaccepted": marks.unaccepted,
            "ninja_changes": marks.words,
            "ninja_accepting": marks.accepting,
            "ninja_cutover_todo": todo,
            "ninja_counts_diff": _as_filter(counts.compare),
            "ninja_counts_table": _as_filter(counts.table),
            "ninja_known_losses": _as_filter(counts.known_losses),
        }
