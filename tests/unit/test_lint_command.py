"""The command lint-export: what it prints, its exit statuses, and that its words are explained."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lint_exports import BASE, CASES, changed

from migration.lint import lint_file, report
from migration.lint.problems import CATALOGUE

PROJECT = Path(__file__).resolve().parents[2]
BASELINE, DANGLING = CASES / "baseline.zip", CASES / "invoice-client-dangling.zip"


def run(*arguments, **options) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "cli.py"), "lint-export", *map(str, arguments)],
        capture_output=True,
        check=False,
        **options,
    )
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    "arguments, status",
    [
        ([BASELINE], 0),
        ([BASELINE, "--strict"], 4),
        ([DANGLING], 3),
        ([DANGLING, "--strict", "--json"], 3),
        ([CASES / "zip-corrupt.zip"], 3),
        ([CASES / "nothing.zip"], 2),
        ([CASES], 2),
        ([], 2),
    ],
)
def test_exit_statuses(arguments, status):
    assert run(*arguments).returncode == status


def test_an_export_without_losses_is_well_with_strict(tmp_path):
    export = changed(
        BASE,
        [
            [["data", "documents"], []],
            [["data", "vendors"], [BASE["data"]["vendors"][0]]],
            [["data", "recurring_expenses", 1, "vendor_id"], 1],
            [["data", "credits"], BASE["data"]["credits"][:1]],
            [["data", "payments"], []],
            *([["data", "invoices", n, "balance"], BASE["data"]["invoices"][n]["amount"]] for n in range(3)),
            *([["data", "expenses", n, "vendor_id"], None] for n in range(2)),
        ],
    )
    path = tmp_path / "migration.json"
    path.write_text(json.dumps(export))
    done = run(path, "--strict")
    assert done.returncode == 0, done.stdout.decode()
    assert "0 failures, 0 losses" in done.stdout.decode()


def test_the_text_has_the_verdict_first_then_the_rows_and_what_mends_them():
    text = run(DANGLING).stdout.decode()
    assert text.startswith("V5's import of this export FAILS at invoices: Missing resource key: clients_99999\n")
    assert "The invoice “0002 2027-01-20 78.57” (id 2) points in client_id to clients 99999" in text
    assert "in V4: INSERT INTO clients (id, account_id, user_id" in text
    assert text.index("What ends the import:") < text.index("What arrives changed, or not at all:")


def test_the_document_is_the_prediction():
    assert json.loads(run(DANGLING, "--json").stdout) == lint_file(DANGLING)


@pytest.mark.parametrize("content", [BASELINE.read_bytes(), json.dumps(BASE).encode()])
def test_from_standard_input(content):
    assert run("-", input=content).returncode == 0


def test_a_document_where_it_cannot_begin():
    done = run("nothing.zip", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["exit"]) == (2, None, 2)
    assert document["message"] == "There is no file nothing.zip."


def test_long_lists_are_cut_in_the_text_alone(tmp_path):
    product = BASE["data"]["products"][0]
    export = changed(BASE, [[["data", "products"], [{**product, "user_id": 9}] * 25]])
    path = tmp_path / "migration.json"
    path.write_text(json.dumps(export))
    text = run(path).stdout.decode()
    assert "(25 found)" in text and "… and 15 more" in text
    assert "more (--json" not in run(path, "--all").stdout.decode()
    assert len(json.loads(run(path, "--json").stdout)["problems"]) > 25


def test_what_travels_from_a_host_is_cut_and_names_the_client():
    digest = report.digest(lint_file(BASELINE), 3, "client1")
    assert digest["prediction"]["losses"] == 10 and digest["prediction"]["fails"] == 0
    (vendors,) = [each for each in digest["findings"] if each["id"] == "import-number-changed-vendors"]
    assert (vendors["count"], len(vendors["rows"]), vendors["status"]) == (8, 3, "warn")
    assert vendors["title"] == "Vendors: V5 changes a number", "reports keep it, so it names nobody"
    assert not [line for line in digest["lines"] if "CLIENT" in line]


def test_every_problem_is_explained_and_every_explanation_is_a_problem():
    page = (PROJECT / "docs" / "lint-export.md").read_text()
    assert set(re.findall(r"^### `([a-z0-9-]+)`$", page, re.MULTILINE)) == set(CATALOGUE)
    sources = "".join(path.read_text() for path in (PROJECT / "migration" / "lint").glob("*.py"))
    catalogue = (PROJECT / "migration" / "lint" / "problems.py").read_text()
    for id in CATALOGUE:
        assert sources.count(f'"{id}"') > catalogue.count(f'"{id}"'), f"nothing finds {id}"
