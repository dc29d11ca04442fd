"""What a run came to, for each client and as an exit status."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field

from .events import Run, Step, without_trace
from .exits import Exit
from .inventory import Client
from .remedies import Situation
from .runner import Finished

STATUSES = {
    "ok": Exit.OK,
    "warn": Exit.OK,
    "fail": Exit.FAIL,
    "usage": Exit.USAGE,
    "unreachable": Exit.UNREACHABLE,
    "broken": Exit.BROKEN,
    "stopped": Exit.BROKEN,
    "held": Exit.OK,  # a rule of the run did not let it begin
}
# Roles name the tasks that judge only what the user wrote into the inventory like this.
CONFIGURATION_TASK = "Check the variables"
STOPPED = "Stopped by hand before this step"  # plugins/callback/ninjalift_stop.py
REMEDY = re.compile(r"\b[Mm]end it with:? (?:[^`\n]*: )?`([^`]+)`")
# Variables that a client must have (docs/cli.md); without one, Ansible says only that it is undefined.
REQUIRED = "v4_url v4_owner_email v4_upgrade_archive_url v4_upgrade_archive_checksum"
REQUIRED += " v5_url v5_archive_url v5_archive_checksum v4_owner_password v5_owner_password"
NOT_SET = re.compile(rf"'({REQUIRED.replace(' ', '|')})' is undefined")
# What ansible-core says of an argument that a specification refuses, and the same in plain words.
REFUSED = {
    r"missing required arguments: (.+?)(?: found in .*)?$": "{0} is not set",
    r"(?:argument|Elements value for option) '(\w+)' .* unable to convert to (\w+)": "{0} must be of type {1}",
    r"value of (\w+) must be (one of: .*), got: (.*)$": "{0} must be {1}, and is '{2}'",
}
VAULT = re.compile(r"no vault secrets (?:were )?found|Decryption failed")


@dataclass
class Outcome:
    """How one client ended.

    status: one of STATUSES. message: one sentence, and remedy the command that mends it; failed_step: where.
    unforeseen: plays that a plan cannot foresee. steps, findings, counts and differences: as in events.py.
    reconciliation: the document of the comparison with V4 (docs/reconcile.md), None where there was none.
    """

    client: str
    status: str
    message: str = ""
    remedy: str = ""
    failed_step: str = ""
    error_id: str = ""
    changed: int = 0
    unforeseen: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    reconciliation: dict | None = None
    steps: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    differences: dict = field(default_factory=dict)

    @property
    def exit(self) -> Exit:
        return STATUSES[self.status]


def outcomes(finished: Finished, clients: list, situation: Situation, planned: list | None = None) -> list:
    """An Outcome for each client (inventory.Client), in their order. planned: the playbook's plays, for a plan."""
    return [_outcome(finished, client, situation, planned) for client in clients]


def exit_status(results: list, *, strict: bool = False) -> Exit:
    """The worst of all: the tool's own failure, wrong configuration, failures, unreachable hosts, warnings."""
    for status in (Exit.BROKEN, Exit.USAGE, Exit.FAIL, Exit.UNREACHABLE):
        if any(each.exit is status for each in results):
            return status
    return Exit.WARN if strict and any(each.status == "warn" for each in results) else Exit.OK


def _outcome(finished: Finished, client: Client, situation: Situation, planned: list | None) -> Outcome:
    run = finished.run
    steps = [step for step in run.steps if step.client == client.name]
    findings = [finding for found in run.findings.get(client.name, {}).values() for finding in found]
    outcome = Outcome(
        client.name,
        "ok",
        changed=sum(step.status == "changed" for step in steps),
        findings=findings,
        reconciliation=run.reconciliations.get(client.name),
        steps=[asdict(step) for step in steps if step.status != "skipped"],
        counts=run.counts.get(client.name, []),
        differences=run.differences.get(client.name, {}),
    )
    cause = _cause(run, steps)
    if cause:
        _blame(outcome, cause, client, situation)
    elif finished.status == "canceled":
        outcome.status, outcome.message = "stopped", f"{client.name} was stopped by hand in the middle of a step."
        outcome.remedy = situation.again(client.name)
    elif not run.stats or not steps:
        _nothing_ran(outcome, run, situation)
    elif any(finding["status"] == "warn" for finding in findings):
        outcome.status = "warn"
    if planned is not None:
        _leave_open(outcome, cause, steps, planned)
    return outcome


def _blame(outcome: Outcome, cause: Step, client: Client, situation: Situation) -> None:
    """Say of the client what its failed step says."""
    outcome.status = _status_of(cause)
    outcome.message, outcome.failed_step, outcome.error_id = cause.message, cause.task, cause.error_id
    outcome.remedy = cause.remedy
    missing = NOT_SET.search(cause.message)
    if outcome.status == "unreachable":
        outcome.message, remedy = _unreachable(cause, client.ssh.get(cause.host, cause.host))
        outcome.remedy = situation.command(remedy)
    elif outcome.status == "stopped":
        outcome.message = f"{outcome.client} was stopped by hand before the step '{cause.task}'."
        outcome.remedy = situation.again(client.name)
    elif missing:
        outcome.message = f"The variable {missing[1]} of {client.name} is not set."
        outcome.remedy = situation.edit(client.name, secret=_is_secret(missing[1]))
    elif _is_specification(cause):
        _blame_variables(outcome, cause.message, situation)
    elif VAULT.search(cause.message):
        outcome.message = f"The vault of {outcome.client} cannot be opened: its password is wrong or missing."
        outcome.remedy = situation.command(f"./cli.py {situation.verb} {client.name} --ask-vault-pass")
    elif "Missing sudo password" in cause.message or "sudo: a password is required" in cause.message:
        outcome.message = (
            f"The SSH user of {cause.host} may not use sudo without a password."
            " Set ansible_become_password, or NOPASSWD in the host's sudoers."
        )
        outcome.remedy = situation.edit(client.name, secret=True)
    else:
        found = REMEDY.search(cause.message)
        outcome.remedy = outcome.remedy or (found[1] if found else "")
        if outcome.status == "usage" and "`" not in cause.message:
            outcome.remedy = outcome.remedy or situation.edit(client.name)


def _blame_variables(outcome: Outcome, said: str, situation: Situation) -> None:
    """Say in plain words which variables a role's specification refuses; Ansible has one line or clause for each."""
    troubles, secret = [], False
    for line in said.removeprefix("Validation of arguments failed:").strip().splitlines():
        found = next(filter(None, (re.match(pattern, line) for pattern in REFUSED)), None)
        names = found[1].split(", ") if found else []
        troubles += [REFUSED[found.re.pattern].format(name, *found.groups()[1:]) for name in names] or [line]
        secret = secret or any(_is_secret(name) for name in names)
    outcome.message = f"The variables of {outcome.client} are not right: {'; '.join(troubles)}."
    outcome.remedy = situation.edit(outcome.client, secret=secret)


def _nothing_ran(outcome: Outcome, run: Run, situation: Situation) -> None:
    """Ansible ended by itself: what it wrote outside of tasks says why."""
    said = without_trace("\n".join(line for line in run.tail if line.strip()))
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    outcome.status = "broken"
    if VAULT.search(said):
        outcome.status = "usage"
        outcome.remedy = situation.command(f"./cli.py {situation.verb} {outcome.client} --ask-vault-pass")
    errors = [line for line in said.splitlines() if "ERROR" in line or "Error" in line] or said.splitlines()[-3:]
    reason = re.sub(r"^\[ERROR\]: ?", "", " ".join(errors)).rstrip(".")[:600] or "it said nothing"
    outcome.message = f"Ansible ended before it ran a step for {outcome.client}: {reason}."


def _leave_open(outcome: Outcome, cause: Step | None, steps: list, planned: list) -> None:
    """A plan runs against hosts as they are: what builds on a change of an earlier play fails or is not reached.

    Such a failure is none; a wrong configuration and an unreachable host are what they are.
    """
    changing = {step.play for step in steps if step.status == "changed"}
    if cause and outcome.status == "fail" and changing - {cause.play}:
        at = planned.index(cause.play) if cause.play in planned else 0
        outcome.unforeseen = planned[at:] or [cause.play]
        outcome.status, outcome.message, outcome.remedy, outcome.failed_step = "ok", "", "", ""
        outcome.error_id = ""


def _cause(run: Run, steps: list) -> Step | None:
    """The step that made the client fail.

    Usually its first failed one: what follows is cleaning up, or another host that cannot go on without it. Where a
    rescue section took over on that host, its last one: that one tells what was put back.
    """
    failing = set(run.stats.get("failures") or {}) | set(run.stats.get("dark") or {})
    failed = [
        step for step in steps if step.status in ("failed", "unreachable") and (step.host in failing or not run.stats)
    ]
    if not failed:
        return None
    here = [step for step in failed if step.host == failed[0].host]
    return here[-1] if (run.stats.get("rescued") or {}).get(failed[0].host) else here[0]


def _is_secret(variable: str) -> bool:
    return variable.endswith(("_password", "_secret"))


def _is_specification(step: Step) -> bool:
    return step.action.endswith("validate_argument_spec")


def _status_of(step: Step) -> str:
    if step.status == "unreachable":
        return "unreachable"
    if step.message == STOPPED:
        return "stopped"
    wrong = _is_specification(step) or step.task.startswith(CONFIGURATION_TASK)
    return "usage" if wrong or NOT_SET.search(step.message) or VAULT.search(step.message) else "fail"


def _unreachable(step: Step, target: str) -> tuple:
    """The sentence and the remedy for a host that did not answer, from what ssh said."""
    said = re.sub(r"^(?:Task failed: )?(?:Failed to connect to the host via ssh: ?)?", "", step.message).strip()
    last = said.splitlines()[-1].rstrip(".") if said else "no answer"
    remedy = f"ansible {step.host} -m ansible.builtin.ping -vvv"
    if "Host key verification failed" in said:
        last = "its host key is not known here or has changed; compare it with the server's own before you accept it"
        remedy = f"ssh {target} true"
    elif "Permission denied" in said:
        remedy = f"ssh-copy-id {target}"
    return f"{step.host} cannot be reached by SSH: {last}.", remedy
