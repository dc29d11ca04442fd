"""Events of ansible-runner, as it writes them, become steps, findings and progress."""

import pytest

from fleet.events import HIDDEN, Progress, Run, Started, Step, message_of


def event(name, **data):
    return {
        "event": name,
        "event_data": {
            "play": "Verify",
            "task": "v4 : Look",
            "role": "v4",
            "task_action": "ansible.builtin.command",
            "host": "h",
            **data,
        },
    }


@pytest.fixture
def seen():
    return []


@pytest.fixture
def run(seen):
    return Run({"h": "client1"}, observers=[lambda client, what: seen.append((client, what))])


def test_a_task_is_told_when_it_starts_and_when_it_ends(run, seen):
    assert run(event("runner_on_start")) is True
    run(event("runner_on_ok", res={"changed": True}, duration=1.23456))
    assert seen[0] == ("client1", Started("h", "Verify", "Look"))
    assert run.steps == [
        Step("client1", "h", "Verify", "v4", "Look", "ansible.builtin.command", "changed", seconds=1.235)
    ]
    assert seen[1] == ("client1", run.steps[0])


def test_tasks_that_only_bring_others_in_are_no_steps(run):
    run(event("runner_on_ok", task_action="ansible.builtin.include_role", res={}))
    assert run.steps == []
    run(event("runner_on_failed", task_action="ansible.builtin.include_role", res={"msg": "no such role"}))
    assert run.steps[0].message == "no such role"


def test_ignored_failures_are_no_failures(run):
    run(event("runner_on_failed", res={"msg": "x"}, ignore_errors=True))
    assert run.steps == []


@pytest.mark.parametrize("state", ["ok", "failed"])
def test_findings_come_from_facts_results_and_stats(run, state):
    one, two, three = ({"id": name, "status": "warn"} for name in ("one", "two", "three"))
    run(event("runner_on_ok", res={"ansible_facts": {"v4_findings": [one]}}))
    run(event("runner_on_ok", res={"ansible_facts": {"v4_findings": [one]}}))
    run(event(f"runner_on_{state}", res={"findings": [two]}))
    run(event("playbook_on_stats", artifact_data={"findings": [three]}))
    found = [each for found in run.findings["client1"].values() for each in found]
    # Whatever a task leaves out, the document has what docs/cli.md promises.
    assert found == [{"title": "", "rows": [], "remedy": "", **each} for each in (one, two, three)]


def test_what_is_no_finding_is_left_out(run):
    run(event("runner_on_ok", res={"findings": "many", "ansible_facts": {"x_findings": [1, 2]}}))
    assert run.findings == {}


def test_progress_is_told_when_it_changes(run, seen):
    looks = [("queued", "", []), ("running", "users", ["account", "company"])]
    for state, resource, done in [looks[0], looks[0], looks[1]]:
        result = {"state": state, "resource": resource, "resources_done": done, "message": ""}
        run(event("runner_retry", task_action="v5_import_state", res=result))
    assert [what for _, what in seen] == [Progress("queued", "", 0), Progress("running", "users", 2)]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"msg": "It is full."}, "It is full."),
        ({"censored": "the output has been hidden"}, HIDDEN),
        ({"msg": "All items completed", "results": [{"msg": "a"}, {"failed": True, "msg": "b"}]}, "b"),
        ({"results": [{"failed": True, "censored": "x"}]}, HIDDEN),
        ({"msg": "non-zero return code", "stderr": "no such table", "rc": 1}, "non-zero return code: no such table"),
        (
            {"msg": 'Oops\nTraceback (most recent call last):\n  File "x.py", line 1, in y\nValueError: z'},
            "Oops\nValueError: z",
        ),
        ({"stderr": "PHP Fatal error: x\n#0 /a.php(1): y()\n#1 {main}"}, "PHP Fatal error: x"),
        ({}, "It failed without a message"),
    ],
)
def test_the_message_of_a_failure(result, message):
    assert message_of(result) == message


def test_the_comparison_with_v4_is_kept_for_its_client(run):
    """What the role reconcile sets is the client's, and the last one counts."""
    facts = {"res": {"ansible_facts": {"reconcile_result": {"clean": False}}}}
    run(event("runner_on_ok", **facts))
    assert run.reconciliations == {"client1": {"clean": False}}
