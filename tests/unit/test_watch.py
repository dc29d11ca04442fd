"""What the watch says about logs and rows recorded from a real V5 5.10.17, and about what can happen to a log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration import watch

DATA = Path(__file__).parent / "data" / "watch"
VERDICTS = json.loads((DATA.parents[2] / "contract/recordings/export-cases/verdicts.json").read_text())
QUEUE = "ninjalift-9nrwevhj"
ALIVE = {"ActiveState": "active", "Result": "success"}
DEAD = {"ActiveState": "failed", "Result": "signal"}
COMPANY = {"id": 3, "is_disabled": 1}
RESOURCES = """account company users payment_terms tax_rates clients company_gateways client_gateway_tokens vendors
    projects products credits recurring_invoices invoices quotes payments expense_categories task_statuses expenses
    recurring_expenses tasks documents""".split()  # noqa: SIM905 - a list of 22 words reads worse


def recorded(name: str) -> bytes:
    return (DATA / f"{name}.laravel.log").read_bytes()


def own(name: str) -> bytes:
    """A recording of a production worker as the import's own worker would have logged it."""
    return recorded(name).replace(b"] production.", b"] migration.")


def line(text: str, at: str = "17:40:00", level: str = "INFO") -> bytes:
    """A line as the import's own worker logs it."""
    return f"[2026-11-23 {at}] migration.{level}: {text}\n".encode()


def read(data: bytes) -> watch.ImportLog:
    log = watch.ImportLog()
    log.feed(data)
    return log


def job(reserved: int | None = 1795455395, queue: str = QUEUE) -> dict:
    return {"id": 2, "queue": queue, "reserved_at": reserved}


def judge(data: bytes = b"", silent: float = 0, **seen) -> dict:
    return watch.judge(read(data), watch.Seen(QUEUE, **seen), silent, 900)


def head_of(name: str) -> str:
    """The exception_head of a recorded failed_jobs row."""
    text = (DATA / f"{name}.db.txt").read_text()
    return text.split("exception_head: ")[1].split("\n     failed_at")[0]


@pytest.mark.parametrize("name", ["migration-success.production", "migration-success.expanded-logging"])
def test_a_recorded_success_is_completed_with_every_resource(name):
    found = judge(own(name), taken=True, unit=ALIVE, company=COMPANY)
    assert found["state"] == "completed"
    assert found["final"] is True
    assert found["resources_done"] == RESOURCES
    assert found["finished_at"].startswith("2026-11-23 17:3")
    assert found["message"] == ""


def test_completed_without_the_company_is_a_failure():
    found = judge(own("migration-success.production"), taken=True, unit=ALIVE)
    assert found["state"] == "failed"
    assert "no company" in found["message"]


def test_an_exception_is_told_with_its_resource_and_the_importers_words():
    found = judge(recorded("import-exception.worker-env-override"), taken=True, unit=ALIVE, company=COMPANY)
    assert found["state"] == "failed"
    assert found["resource"] == "invoices"
    assert found["message"] == "Missing resource key: clients_99999"
    assert found["resources_done"] == RESOURCES[: RESOURCES.index("invoices")]


def test_the_same_import_is_running_while_its_job_is_there():
    data = recorded("import-exception.worker-env-override")
    assert judge(data, taken=True, unit=ALIVE, job=job())["state"] == "running"
    assert judge(own("import-exception.production"), taken=True, unit=ALIVE, job=job())["resource"] == "invoices"


def test_an_exception_that_said_nothing_is_still_a_failure():
    found = judge(own("import-exception.production"), taken=True, unit=ALIVE)
    assert (found["state"], found["message"]) == ("failed", watch.SILENT)


def test_an_error_is_told_from_failed_jobs():
    failed = {"id": 1, "head": head_of("corrupt-zip")}
    found = judge(own("corrupt-zip.production"), taken=True, unit=ALIVE, failed=failed)
    assert found["state"] == "failed"
    assert found["message"] == "ValueError: Invalid or uninitialized Zip object"
    assert found["failed_job"].startswith("ValueError: Invalid")


@pytest.mark.parametrize(("name", "verdict"), [(k, v) for k, v in VERDICTS.items() if v["verdict"] == "failed"])
def test_every_recorded_failure_is_told_as_a_real_v5_ended(name, verdict):
    stage = verdict["last_stage"]
    data = b"".join(line(f"Importing {each}  ") for each in RESOURCES[: RESOURCES.index(stage) + 1 if stage else 0])
    data += b"".join(line(text, level=level) for level, text in verdict["messages"])
    failed = {"id": 1, "head": verdict["failed_job"]} if verdict["failed_job"] else None
    found = judge(data, taken=True, unit=ALIVE, failed=failed)
    assert (found["state"], found["resource"]) == ("failed", stage or "")
    words = verdict["messages"][-1][1].partition(' {"userId"')[0].partition(", called in")[0].strip()
    assert found["message"].replace("\\\\", "\\").endswith(words) or failed


def test_a_regular_worker_is_known_and_its_silence_explained():
    data = recorded("import-exception.production")
    running = judge(data, job=job(queue="default"), unit=ALIVE)
    assert (running["state"], running["taken_by_other_worker"]) == ("running", True)
    ended = judge(data, unit=ALIVE, expected=True)
    assert (ended["state"], ended["resource"], ended["message"]) == ("failed", "invoices", watch.HIDDEN)
    assert (
        judge(recorded("migration-success.production"), unit=DEAD, expected=True, company=COMPANY)["state"]
        == "completed"
    )


def test_another_companys_import_is_not_this_one():
    other = recorded("migration-success.production")
    assert judge(other, unit=ALIVE)["state"] == "waiting"
    assert judge(other, unit=ALIVE, job=job(None, "default"), company=COMPANY)["state"] == "queued"
    mixed = recorded("import-exception.worker-env-override") + other
    found = judge(mixed, taken=True, unit=ALIVE)
    assert (found["state"], found["message"]) == ("failed", "Missing resource key: clients_99999")


def test_an_exceptions_words_are_without_its_place():
    head = "TypeError: x(): null given, called in /srv/a.php on line 5 and defined in /srv/a.php:9\nStack trace:\n#0 b"
    assert watch.exception_message(head) == "TypeError: x(): null given"


def test_waiting_and_never_started():
    assert judge(unit=ALIVE)["state"] == "waiting"
    assert judge(unit=ALIVE)["final"] is False
    found = judge(recorded("no-file.production"), unit=ALIVE, expected=True)
    assert found["state"] == "never_started"
    assert "Call to a member function storeAs() on null" in found["message"]
    assert judge(recorded("existing-no-force.production"), unit=ALIVE, expected=True)["state"] == "never_started"
    late = judge(unit=DEAD, trouble={"msg": "No import was queued in V5 within 60 seconds."})
    assert (late["state"], late["message"]) == ("never_started", "No import was queued in V5 within 60 seconds.")


def test_a_job_that_nobody_will_take_never_starts():
    assert judge(unit=ALIVE, job=job(None))["state"] == "queued"
    found = judge(unit=DEAD, job=job(None, "default"))
    assert (found["state"], found["final"]) == ("never_started", True)
    assert "job 2 is still waiting" in found["message"]


def test_a_dead_worker_with_a_reserved_job_is_stuck():
    found = judge(own("import-exception.production"), taken=True, unit=DEAD, job=job())
    assert (found["state"], found["resource"]) == ("stuck", "invoices")
    assert "signal" in found["message"]
    assert "job 2 reserved" in found["message"]


def test_a_dead_worker_that_logged_why_has_failed():
    context = ' {"userId":1,"exception":"[object] (Error(code: 0): at /srv/x.php:1)\n[stacktrace]\n#0 {main}\n"} '
    data = own("import-exception.production")
    data += line(f"Allowed memory size of 5 bytes exhausted{context}", "17:41:00", "ERROR")
    found = judge(data, taken=True, unit=DEAD, job=job())
    assert (found["state"], found["message"]) == ("failed", "Allowed memory size of 5 bytes exhausted")


def test_an_error_that_did_not_end_the_import_is_no_reason():
    data = line("Importing account") + line('logo {"exception":"x"}', level="ERROR") + line("Importing company")
    assert judge(data, taken=True, unit=DEAD, job=job())["state"] == "stuck"


def test_silence_is_stuck_only_while_it_should_run():
    data = own("import-exception.production")
    assert judge(data, silent=899, taken=True, unit=ALIVE, job=job())["state"] == "running"
    found = judge(data, silent=900, taken=True, unit=ALIVE, job=job())
    assert (found["state"], found["message"]) == ("stuck", "The import has shown no sign of life for 900 seconds")
    assert judge(silent=5000, unit=ALIVE)["state"] == "waiting"


def test_a_message_of_several_lines_is_whole():
    data = line("Importing users  ") + line("SQLSTATE[23000]: a\nline two\nline three  ")
    assert judge(data, taken=True, unit=ALIVE)["message"] == "SQLSTATE[23000]: a\nline two\nline three"


def test_a_log_that_a_mail_quotes_is_not_believed():
    data = own("import-exception.production")
    data += line("From: Example <a@example.com>\nSubject: my log\n", "18:00:00", "DEBUG")
    data += line("Importing documents", "17:59:00") + line("Completed🚀🚀 at 2026-11-23 17:59:00", "17:59:00")
    found = judge(data, taken=True, unit=ALIVE, company=COMPANY)
    assert (found["state"], found["resource"]) == ("failed", "invoices")
    data += line("Importing quotes", "18:00:00")
    assert judge(data, taken=True, unit=ALIVE, job=job())["resource"] == "quotes"


def test_a_second_try_begins_anew():
    data = recorded("import-exception.worker-env-override") + line("Importing account")
    found = judge(data, taken=True, unit=ALIVE, job=job())
    assert (found["resource"], found["state"]) == ("account", "running")


def test_a_half_line_does_not_count():
    data = own("migration-success.production").split(b" at 2026-11-23 17:38:05")[0]
    assert judge(data, taken=True, unit=ALIVE, job=job(), company=COMPANY)["state"] == "running"


@given(st.lists(st.integers(1, 400)), st.binary(max_size=30))
def test_it_does_not_matter_where_the_log_is_cut(sizes, junk):
    data = own("migration-success.production") + b"\n" + junk.replace(b"\n", b"") + b"\xff\xfe\n"
    log = watch.ImportLog()
    for size in sizes:
        log.feed(data[:size])
        data = data[size:]
    log.feed(data)
    assert log.runs["migration"].resources == RESOURCES
    assert log.runs["migration"].finished_at == "2026-11-23 17:38:05"


def test_evidence_names_its_sources():
    log = read(recorded("import-exception.worker-env-override"))
    failed = {"id": 7, "head": head_of("import-exception")}
    text = "\n".join(watch.evidence(log, watch.Seen(QUEUE, job=job(), failed=failed, company=COMPANY, unit=ALIVE)))
    for words in (
        "Importing invoices (14 resources), no Completed",
        "jobs: row 2",
        "failed_jobs: row 7",
        "companies: row 3",
    ):
        assert words in text
    assert "ActiveState=active" in text
    assert "no StartMigration row" in "\n".join(watch.evidence(log, watch.Seen(QUEUE)))


def test_the_newest_own_row_counts():
    rows = [{"id": 9, "ours": 1}, {"id": 3, "ours": 1}, {"id": 12, "ours": 0}]
    assert watch.ours(rows) == {"id": 9, "ours": 1}
    assert watch.ours([]) is None
