"""What V5 makes of damaged exports: the stand-in must come to the recorded verdict on each, for the recorded reason."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from conftest import RECORDINGS
from v5_standin import V5App, v5, v5_server

CASES = RECORDINGS / "export-cases"
VERDICTS = json.loads((CASES / "verdicts.json").read_text())
STAGE = re.compile(r"\[[^]]+\] \w+\.INFO: Importing (\w+)")
LINE = re.compile(r"^\[[^]]+\] migration\.(INFO|ERROR): (.*)$", re.MULTILINE)
NORMAL = ("Importing ", "in task statuses", "finished task statuses", "Resource activities ", "Completed")

__all__ = ["v5", "v5_server"]


def company_key(archive: Path) -> str:
    """Return the key inside an export; some cases have none."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return json.loads(opened.read("migration.json"))["data"]["company"]["company_key"]
    except (zipfile.BadZipFile, KeyError, ValueError):
        return "nokey000000000000000000000000000"


def verdict(v5: V5App, name: str) -> dict:
    """Send the export to the stand-in, let a worker import it and return what is seen afterwards."""
    archive = CASES / f"{name}.zip"
    key = company_key(archive)
    answer = v5.start(v5.token(), archive, key)
    v5.work(APP_ENV="migration", MAIL_MAILER="array")
    log = v5.log()
    stages = STAGE.findall(log)
    company = v5.database.value("SELECT MAX(id) FROM companies")
    counts = [
        f"SELECT '{table}' AS t, COUNT(*) AS n FROM {table} WHERE company_id = {company}"
        for table in VERDICTS[name]["imported"]
    ]
    failed = v5.database.rows("SELECT exception FROM failed_jobs")
    return {
        "http": answer.status_code,
        "verdict": "completed" if "Completed🚀" in log else "failed",
        "last_stage": stages[-1] if stages else None,
        "messages": [[level, text] for level, text in LINE.findall(log) if not text.startswith(NORMAL)],
        "failed_job": failed[0]["exception"] if failed else None,
        "imported": {row["t"]: int(row["n"]) for row in v5.database.rows(" UNION ALL ".join(counts))},
    }


def plain(v5: V5App, text: str | None) -> str | None:
    """A message without doubled backslashes, places and line numbers."""
    return None if text is None else v5.plain(text.replace("\\\\", "\\"))


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_an_export_gets_the_recorded_verdict(v5: V5App, name: str) -> None:
    """HTTP status, verdict, last stage, messages, failed job and rows are those of the real V5."""
    expected, seen = VERDICTS[name], verdict(v5, name)
    assert (seen["http"], seen["verdict"]) == (expected["http"], expected["verdict"])
    assert seen["last_stage"] == expected["last_stage"]
    assert seen["imported"] == expected["imported"]
    assert [level for level, _ in seen["messages"]] == [level for level, _ in expected["messages"]]
    for (_, text), (_, wanted) in zip(seen["messages"], expected["messages"], strict=True):
        assert plain(v5, text).startswith(plain(v5, wanted).rstrip(")"))
    if expected["failed_job"] is None:
        assert seen["failed_job"] is None
    else:
        assert plain(v5, seen["failed_job"]).startswith(plain(v5, expected["failed_job"]))
