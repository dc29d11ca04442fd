"""explain: every id has a page, and the pages are plain text."""

import pytest
from click.testing import CliRunner

import cli
from diagnostics import explain
from diagnostics.check import all_checks
from diagnostics.scan.signatures import signatures
from fleet.exits import Exit
from migration.lint.problems import CATALOGUE
from migration.v4_checks import checks

PAGE = """\
# a.b

A title with `code`, **bold**, [tls.name](tls.name.md) and a [link](https://example.com/x).
It goes on in the next line, which is long enough that it has to be wrapped on a terminal.

## What mends it

1. First this,
   then that
2. Then something that is long enough to be wrapped as well, and is indented then

```sh
cd /var/www/invoiceninja && sudo -u www-data php artisan queue:work --stop-when-empty --max-time=3600
```

| a | b |
| --- | --- |
"""


def test_plain_text_for_a_pipe():
    assert explain.plain(PAGE) == (
        "a.b\n===\n\n"
        "A title with `code`, bold, tls.name and a link (https://example.com/x)."
        " It goes on in the next line, which is long enough that it has to be wrapped on a terminal.\n\n"
        "What mends it\n-------------\n\n"
        "1. First this, then that\n"
        "2. Then something that is long enough to be wrapped as well, and is indented then\n\n"
        "    cd /var/www/invoiceninja && sudo -u www-data php artisan queue:work --stop-when-empty --max-time=3600\n\n"
        "| a | b |\n| --- | --- |"
    )


def test_plain_text_for_a_terminal():
    written = explain.plain(PAGE, 50).splitlines()
    assert "   wrapped as well, and is indented then" in written
    assert all(len(each) <= 50 for each in written if "artisan" not in each)


@pytest.mark.parametrize("check", all_checks(), ids=lambda each: each.id)
def test_every_check_has_a_page(check):
    said = explain.page(check.id)
    assert said.splitlines()[0] == f"{check.id}: {check.title}"
    assert check.page == f"docs/checks/{check.id}.md"


@pytest.mark.parametrize("failure", signatures(), ids=lambda each: each.id)
def test_every_known_failure_has_a_page(failure):
    said = explain.page(failure.id)
    assert said.splitlines()[0] == f"{failure.id}: {failure.title}"
    for part in (failure.cause, failure.remedy, failure.source):
        for word in part.split():
            assert word.strip("*") in said


def test_what_v4_s_checks_and_a_prediction_find_has_a_page():
    for id in {*CATALOGUE, *(each.id for each in checks())}:
        assert explain.page(id).splitlines()[0].partition(":")[0] == id  # a known failure may have the same name
    assert "repair CLIENT" in explain.page("paid-twice")
    both = explain.page("credit-amount-changed")
    assert both.index("What V4's checks find") < both.index("What V5's import makes of it")
    assert "no V4 answers" in explain.page("v4-not-there") and "no V4 answers" in explain.page("v4-unreachable")


@pytest.mark.parametrize(
    ("finding", "id"),
    [("import-paid-twice-invoices", "paid-twice"), ("import-export-empty", "export-empty")],
)
def test_a_finding_of_a_prediction_is_its_problem(finding, id):
    assert explain.page(finding).splitlines()[2:] == explain.page(id).splitlines()[2:]


def test_no_page_is_left_over():
    known = {each.id for each in all_checks()}
    assert {each.stem for each in (explain.PROJECT / "docs" / "checks").glob("*.md")} <= known


def test_the_list_has_every_id():
    said = explain.contents()
    for each in explain.entries():
        assert f"  {each.id}: {each.title}" in said


@pytest.mark.parametrize("wrong", ["host.reachabel", "reachable", "HOST.REACHABLE"])
def test_ids_that_are_near(wrong):
    assert "host.reachable" in explain.near(wrong)


def test_the_command():
    run = CliRunner().invoke
    done = run(cli.main, ["explain", "host.reachable"])
    assert done.exit_code == 0
    assert done.stdout.startswith("host.reachable: The host can be reached")
    assert "\x1b" not in done.stdout
    assert "host.reachable: " in run(cli.main, ["explain"]).stdout
    done = run(cli.main, ["explain", "host.reachabel"])
    assert done.exit_code == Exit.USAGE
    assert "'host.reachabel'. Did you mean host.reachable? Mend it with: `./cli.py explain host.reach" in done.stderr
    assert run(cli.main, ["explain", "../../README"]).exit_code == Exit.USAGE
