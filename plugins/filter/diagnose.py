"""Filters of the role ``diagnose``: the checks over a host's facts."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ansible.errors import AnsibleFilterError

from diagnostics import check
from diagnostics.facts import Facts
from diagnostics.findings import Finding


class FilterModule:
    """The filters ``diagnose_documents`` and ``diagnose_lines``."""

    def filters(self) -> dict:
        return {"diagnose_documents": _documents, "diagnose_lines": _lines}


def _documents(probed: list[dict], host: str, only: list[str], skip: list[str]) -> list[dict]:
    """For each installation on a host: its ``name``, ``facts`` and ``findings``, worst first.

    probed: the results of ``ninja_probe``, looped over the installations. only and skip: ids or groups of checks.
    """
    try:
        checks = check.selected(only, skip)
    except ValueError as unknown:
        raise AnsibleFilterError(
            f"'{unknown}' in diagnose_only or diagnose_skip is neither a check nor a group of checks."
            " Mend it with: `./cli.py explain`, which lists them"
        ) from None
    made = []
    for each in probed:
        name = f"{host} ({each['item']['side']})" if len(probed) > 1 else host
        found = check.diagnose(Facts(each["facts"]), checks)
        made.append({"name": name, "facts": each["facts"], "findings": [_plain(one, name) for one in found]})
    return made


def _plain(finding: Finding, host: str) -> dict:
    return {**asdict(finding), "group": finding.group, "host": host}


def _lines(findings: list[dict]) -> list[str]:
    """Findings for a person: a line each, then what was seen, and the commands that mend it."""
    said = []
    for each in findings:
        said.append(f"{each['status'].upper()}  {each['host']}  {each['id']}: {each['title']}")
        said += [f"      {line}" for line in each["evidence"].splitlines()]
        said += [f"      Mend it with: `{line}`" for line in each["remedy"].splitlines()]
    return said
