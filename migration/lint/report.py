"""The prediction as a document, and as text for a person."""

from __future__ import annotations

import json

from .problems import CATALOGUE, FAIL, WARN

SCHEMA = 1
ROWS = 10
WIDTH = 100


def document(prediction: dict) -> str:
    """The prediction as one JSON document."""
    return json.dumps(prediction, indent=2, ensure_ascii=False)


def refusal(status: int, message: str, remedy: str) -> str:
    """What --json prints where the command could not begin or broke."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "verdict": None,
            "fails_at": None,
            "message": message,
            "problems": [],
            "exit": int(status),
            "remedy": remedy,
        },
        indent=2,
        ensure_ascii=False,
    )


def text(prediction: dict, rows: int = ROWS) -> str:
    """The verdict, then each kind of problem with its rows and what mends them, up to ``rows`` of a kind (0: all)."""
    lines = [_verdict(prediction)]
    problems = prediction["problems"]
    for severity, title in ((FAIL, "What ends the import"), (WARN, "What arrives changed, or not at all")):
        kinds: dict = {}
        for problem in problems:
            if problem["severity"] == severity:
                kinds.setdefault((problem["resource"], problem["id"]), []).append(problem)
        if kinds:
            lines += ["", f"{title}:"]
        for (resource, id), found in kinds.items():
            lines += ["", *_kind(severity, resource, id, found, rows)]
    fails = sum(problem["severity"] == FAIL for problem in problems)
    warns = len(problems) - fails
    lines += ["", f"{_count(fails, 'failure')}, {_count(warns, 'loss', 'losses')}. docs/lint-export.md explains them."]
    return "\n".join(lines)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _verdict(prediction: dict) -> str:
    if prediction["verdict"] == "completes":
        return "V5 will import this export to its end."
    where = f" at {prediction['fails_at']}" if prediction["fails_at"] else " before its first resource"
    return f"V5's import of this export FAILS{where}: {prediction['message']}"


def _kind(severity: str, resource, id: str, found: list, rows: int) -> list:
    where = f"{resource}: " if resource else ""
    many = f" ({len(found):,} found)" if len(found) > 1 else ""
    lines = [f"{severity.upper():4}  {where}{id}: {CATALOGUE[id]}{many}"]
    listed = found if not rows else found[:rows]
    for problem in listed:
        lines.append(f"      {problem['detail']}")
    if len(found) > len(listed):
        lines.append(f"      … and {len(found) - len(listed):,} more (--json lists all)")
    remedies = list(dict.fromkeys(problem["remedy"] for problem in listed if problem["remedy"]))
    for remedy in remedies:
        lines.append(f"        {'in V4: ' if remedy.endswith(';') else ''}{remedy}")
    return lines


def digest(prediction: dict, rows: int, client: str = "") -> dict:
    """What travels from a host: ``prediction`` with ``rows`` problems of each kind, ``findings`` and ``lines``.

    A finding is {id, status, title, rows, count, sql, remedy}, as those of v4_checks. ``client`` stands for CLIENT.
    """

    def named(words: str) -> str:
        return words.replace("CLIENT", client) if client else words

    kinds: dict = {}
    for problem in prediction["problems"]:
        kinds.setdefault((problem["severity"], problem["resource"], problem["id"]), []).append(problem)
    findings = []
    kept = []
    for (severity, resource, id), found in kinds.items():
        listed = [{**problem, "remedy": named(problem["remedy"])} for problem in found[:rows]]
        kept += listed
        remedies = list(dict.fromkeys(problem["remedy"] for problem in listed if problem["remedy"]))
        findings.append(
            {
                "id": f"import-{id}" + (f"-{resource.replace('_', '-')}" if resource else ""),
                "status": severity,
                # A record of a run keeps it, so it names no customer; the rows do.
                "title": f"{(resource or 'export').replace('_', ' ').capitalize()}: {CATALOGUE[id]}",
                "rows": [{"id": problem["v4_id"], "detail": problem["detail"]} for problem in listed],
                "count": len(found),
                "sql": [remedy for remedy in remedies if remedy.endswith(";")],
                "remedy": "\n".join(remedies),
            }
        )
    fails = sum(problem["severity"] == FAIL for problem in prediction["problems"])
    return {
        "prediction": {
            **{name: prediction[name] for name in ("schema", "verdict", "fails_at", "message")},
            "fails": fails,
            "losses": len(prediction["problems"]) - fails,
            "problems": kept,
        },
        "findings": findings,
        "lines": named(text(prediction, rows)).splitlines(),
    }
