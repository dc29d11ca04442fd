"""Exports for the linter's tests: the recorded ones, and a small one of every resource with something changed."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from pathlib import Path

from migration.lint import lint

CASES = Path(__file__).resolve().parents[1] / "contract" / "recordings" / "export-cases"
VERDICTS = json.loads((CASES / "verdicts.json").read_text())
DATA = Path(__file__).resolve().parent / "data" / "lint"


def content(path: Path) -> dict:
    """What a zip's migration.json holds."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("migration.json"))


BASE = content(DATA / "base.zip")


def judged() -> list[dict]:
    """What a real V5 5.10.17 did with the base, changed: name, changes ([path] removes, [path, value] sets), at,
    message.
    """
    return [json.loads(line) for line in (DATA / "judged.jsonl").read_text().splitlines()]


def changed(export: dict, changes: list) -> dict:
    """A copy of an export with these changes."""
    result = copy.deepcopy(export)
    for path, *value in changes:
        holder = result
        for key in path[:-1]:
            holder = holder[key]
        if value:
            holder[path[-1]] = copy.deepcopy(value[0])
        else:
            del holder[path[-1]]
    return result


def predicted(export) -> dict:
    """The prediction for an export, given as an object or as text."""
    text = export if isinstance(export, (str, bytes)) else json.dumps(export)
    return lint(io.BytesIO(text.encode() if isinstance(text, str) else text))


def packed(*members: tuple[str, bytes], **options) -> io.BytesIO:
    """A zip with these files."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", options.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in members:
            archive.writestr(name, data)
    result.seek(0)
    return result


def fails(prediction: dict, id: str = "") -> list[dict]:
    """The problems that end the import, or those of one id."""
    return [each for each in prediction["problems"] if each["severity"] == "fail" and id in ("", each["id"])]


def warns(prediction: dict, id: str = "") -> list[dict]:
    """The losses, or those of one id."""
    return [each for each in prediction["problems"] if each["severity"] == "warn" and id in ("", each["id"])]
