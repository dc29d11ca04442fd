"""The read-only checks of V4's data that predict an import failure or a loss, and the SQL that mends what they find.

Every check mirrors two pieces of upstream's code: the filters of V4's exporter say which rows travel
(app/Traits/GenerateMigrationResources.php), and the rules of V5's importer say what they break
(app/Jobs/Util/Import.php, 5.10). So a row that the exporter leaves out is never reported, and a soft-deleted row that
it takes along is.

The catalogue is in v4_check_references.py (rows that point to nothing), v4_check_values.py (values that V5 refuses) and
v4_check_losses.py (what arrives changed or not at all).
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from . import v4_check_losses, v4_check_references, v4_check_values

# More rows than anybody mends by hand; the same check runs again after the first thousand.
MAX_ROWS = 1000

# What the two code states that are both called 4.5.50 send as a user's e-mail (failure-modes: v4-4550-ambiguous).
EMAIL = {
    "master": "IF(LOCATE('@', {alias}.username) > 0, {alias}.username, {alias}.email)",
    "tag": "{alias}.username",
}

TABLE = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)")


class Check(NamedTuple):
    """One declared check.

    id: stable name (docs/v4-checks.md describes it); severity: ``fail`` predicts that the export or the import stops,
    ``warn`` that something arrives changed or is lost; title: one sentence; sql: a SELECT whose first column is ``id``;
    remedy: SQL statements (templates) that mend the rows, or a function from (rows, context) to statements, or, where
    ``is_sql`` is false, a sentence; needs: tables or table.column that the SELECT's own tables do not imply.
    """

    id: str
    severity: str
    title: str
    sql: str
    remedy: tuple[str, ...] | Callable[[list[dict], dict[str, object]], list[str]]
    is_sql: bool = True
    needs: tuple[str, ...] = ()


def checks() -> list[Check]:
    """All declared checks, in the order in which the importer would meet them, failures first."""
    declared = [
        Check(**entry)
        for module in (v4_check_values, v4_check_references, v4_check_losses)
        for entry in module.declared()
    ]
    return sorted(declared, key=lambda check: check.severity != "fail")


def context(account_id: int, owner_id: int, code_state: str) -> dict[str, object]:
    """What the SQL templates are filled with. ``code_state``: ``master`` or ``tag``; anything else counts as master."""
    email = EMAIL.get(code_state, EMAIL["master"])
    return {
        "account": int(account_id),
        "owner": int(owner_id),
        "email_u": email.format(alias="u"),
        "email_v": email.format(alias="v"),
    }


def missing(check: Check, columns: set[str]) -> list[str]:
    """The tables and columns that the check needs and this V4 lacks; ``columns``: ``table.column`` of its database."""
    tables = {name.split(".")[0] for name in columns}
    needed = set(TABLE.findall(check.sql)) | set(check.needs)
    return sorted(name for name in needed if name not in (columns if "." in name else tables))


def queries(account_id: int, owner_id: int, code_state: str, columns: list[str]) -> dict[str, str]:
    """The SELECTs for one ``ninja_query`` call: {check id: SQL}, only those that this V4's tables can answer."""
    known = set(columns)
    values = context(account_id, owner_id, code_state)
    return {
        check.id: f"{check.sql.format(**values)} LIMIT {MAX_ROWS}" for check in checks() if not missing(check, known)
    }


def findings(
    rows: dict[str, list[dict]], account_id: int, owner_id: int, code_state: str, columns: list[str]
) -> list[dict]:
    """Turn the answer of ``ninja_query`` into findings.

    rows: {check id: rows}; the other arguments are those of ``queries``. A finding is {id, status, title, rows, count,
    sql, remedy}: status is fail, warn, pass or skip; sql are the statements that mend exactly ``rows``; remedy is
    what a person is told to do.
    """
    known = set(columns)
    values = context(account_id, owner_id, code_state)
    return [_finding(check, rows.get(check.id), values, missing(check, known)) for check in checks()]


def _finding(check: Check, rows: list[dict] | None, values: dict[str, object], lacks: list[str]) -> dict:
    result = {"id": check.id, "status": "pass", "title": check.title, "rows": [], "count": 0, "sql": [], "remedy": ""}
    if lacks or rows is None:
        result["status"] = "skip"
        result["remedy"] = f"This V4's database has no {', '.join(lacks)}" if lacks else "The check was not run"
    elif rows:
        result.update(status=check.severity, rows=rows, count=len(rows))
        if check.is_sql:
            result["sql"] = statements(check, rows, values)
            result["remedy"] = "\n".join(result["sql"])
        else:
            result["remedy"] = " ".join(check.remedy)
    return result


def statements(check: Check, rows: list[dict], values: dict[str, object]) -> list[str]:
    """The SQL that mends exactly these rows, one statement a string, each with its semicolon."""
    if callable(check.remedy):
        return check.remedy(rows, values)
    ids = ", ".join(str(int(row["id"])) for row in rows)
    return [template.format(ids=ids, **values) + ";" for template in check.remedy]


def worst(found: list[dict]) -> str:
    """``fail``, ``warn`` or ``pass``: the worst status among the findings."""
    statuses = {finding["status"] for finding in found}
    return next((status for status in ("error", "fail", "warn") if status in statuses), "pass")


def table(found: list[dict], limit: int = 10) -> list[str]:
    """The findings as lines for a person: what is wrong, up to ``limit`` rows each, and what mends it."""
    lines: list[str] = []
    for finding in found:
        if finding["status"] not in ("fail", "warn", "error"):
            continue
        rows = finding.get("rows", [])
        count = finding.get("count", len(rows))
        many = f" ({count if count < MAX_ROWS else f'at least {MAX_ROWS}'} found)" if rows else ""
        lines.append(f"{finding['status'].upper():5} {finding['id']}: {finding['title']}{many}")
        lines += [f"        {_row(row)}" for row in rows[:limit]]
        if len(rows) > limit:
            lines.append(f"        … and {len(rows) - limit} more")
        if finding["remedy"]:
            verb = "Mend it in V4's database with:" if finding.get("sql") else "What to do:"
            lines += [f"        {verb}", *(f"          {line}" for line in finding["remedy"].splitlines())]
    return lines


def _row(row: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value not in (None, ""))
