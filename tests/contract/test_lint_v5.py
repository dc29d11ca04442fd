"""The linter and the stand-in V5 come to the same end with changed exports: verdict, resource and message."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from v5_standin import V5App, v5, v5_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from lint_exports import BASE, changed, judged, packed, predicted

__all__ = ["v5", "v5_server"]

STAGE = re.compile(r"\[[^]]+\] \w+\.INFO: Importing (\w+)")
LINE = re.compile(r"^\[[^]]+\] migration\.(INFO|ERROR): (.*)$", re.MULTILINE)
NORMAL = ("Importing ", "in task statuses", "finished task statuses", "Resource activities ", "Completed")


def imported(v5: V5App, export: dict) -> tuple:
    """Let the stand-in import an export; (verdict, resource, message) as the linter says them."""
    company = export["data"].get("company")
    key = company.get("company_key") if isinstance(company, dict) else None
    archive = packed(("migration.json", json.dumps(export).encode())).read()
    v5.start(v5.token(), archive, key if isinstance(key, str) else "nokey000000000000000000000000000")
    v5.work(APP_ENV="migration", MAIL_MAILER="array")
    log = v5.log()
    stages = STAGE.findall(log)
    if "Completed🚀" in log:
        return "completes", None, ""
    said = [text for _, text in LINE.findall(log) if not text.startswith(NORMAL)]
    said = [text for text in said if "is not available for migration" not in text]
    message = said[-1].split(' {"userId')[0].split(" (Connection: ")[0].strip() if said else ""
    return "fails", stages[-1] if stages else None, message


CASES = judged()
# A few of those that a real V5 imported, more of those that it did not: a second each.
SAMPLE = [each for each in CASES if each["message"] is None][::90] + [each for each in CASES if each["message"]][::8]


def plain(message: str) -> str:
    """A message without what differs between installations: places, lines, the company's number, the database."""
    message = re.sub(r"called in .*|on line \d+", "", message.replace("\\\\", "\\"))
    message = re.sub(r"Duplicate entry '\d+-.*' for", "Duplicate entry for", message)
    message = re.sub(r"in '(INSERT INTO|SET)'$", "in 'field list'", message)
    return re.sub(r"\(`\w+`\.", "(`database`.", message).strip()


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case["name"])
def test_linter_stand_in_and_the_real_v5_agree(v5: V5App, case: dict) -> None:
    export = changed(BASE, case["changes"])
    prediction = predicted(export)
    seen = imported(v5, export)
    real = ("completes", None, "") if case["message"] is None else ("fails", case["at"], case["message"])
    assert seen[:2] == (prediction["verdict"], prediction["fails_at"]) == real[:2]
    assert plain(seen[2]).startswith(plain(prediction["message"]))
    assert plain(real[2]).startswith(plain(prediction["message"])) or plain(prediction["message"]).startswith(
        plain(real[2])
    )
