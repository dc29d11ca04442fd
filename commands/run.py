"""``run``: the whole way for one client, some, or all. cli.py imports it when it is asked for."""

from __future__ import annotations

import shlex
from typing import Any

import click

from commands.options import EXITS, ask_vault_option, inventory_option, json_option, strict_option, vault_option
from fleet.batch import PARALLEL
from fleet.exits import Exit, UsageError
from fleet.remedies import PROJECT

HELP = "./cli.py run --help"
PLAYBOOK = PROJECT / "playbooks" / "site.yml"
HOLDS = ("upgrade", "provision", "migrate", "check-data", "cutover")


@click.command(epilog=EXITS)
@click.argument("clients", nargs=-1, metavar="[CLIENT...]")
@click.option("--all", "everybody", is_flag=True, help="All clients of the inventory.")
@click.option(
    "--limit",
    metavar="PATTERN",
    help="Clients by patterns with commas between them: names, 'acme*', groups around clients, '!' takes away.",
)
@click.option("--execute", is_flag=True, help="Do it. With --all or --limit, only the plan is shown without this.")
@click.option("--plan", is_flag=True, help="Only say what would be done; change nothing.")
@click.option(
    "--parallel", type=click.IntRange(1, 200), default=PARALLEL, show_default=True, help="So many clients at once."
)
@click.option(
    "--batches",
    metavar="SIZES",
    help="In batches, each when the one before has ended: 1,25%,100% is a canary, a quarter, the rest.",
)
@click.option(
    "--max-fail",
    metavar="NUMBER|PERCENT",
    help="Begin no more where more than so many failed, or so many percent of a batch.  [default: a whole batch]",
)
@click.option(
    "--window",
    metavar="HH:MM-HH:MM [ZONE]",
    help="Begin clients only then: 22:00-05:00, or '22:00-05:00 Europe/Berlin'.  [default zone: this machine's]",
)
@click.option(
    "--hold-before",
    type=click.Choice(HOLDS),
    help="Let each client wait for a person before this stage.  [default: cutover, which is never part of a run]",
)
@click.option(
    "--repair",
    is_flag=True,
    help="Put back what V5's importer lost, after a backup of V5, before the result is checked.",
)
@inventory_option
@vault_option
@ask_vault_option
@json_option
@strict_option
@click.option("-v", "--verbose", is_flag=True, help="Keep Ansible's detailed output in the record of the run.")
@click.pass_context
def run(
    ctx: click.Context, clients: tuple, everybody: bool, limit: str | None, execute: bool, plan: bool, **given
) -> None:
    """Everything in order: verify, upgrade, provision, migrate, check-data; a second run changes nothing.

    Clients that are named are begun at once. With --all or --limit a plan is shown: what would be done for each
    client, why, and how long it takes; --execute does it. What is done already is left as it is, so the same command
    goes on where an earlier one was stopped.
    """
    from fleet import remedies, vault

    if bool(clients) + everybody + (limit is not None) != 1:
        raise UsageError("'run' takes either names of clients, or --all, or --limit PATTERN.", HELP)
    if plan and execute:
        raise UsageError("--plan shows what --execute does; only one of them can be meant.", HELP)
    password = click.prompt("Vault password", hide_input=True, err=True) if given.pop("ask_vault_pass") else None
    file = given.pop("vault_password_file") or vault.made_by_init()
    situation = remedies.Situation("run", clients, given.pop("inventory"), file, asked=password is not None)
    with remedies.completed(situation), vault.password_file(file, password) as opened:
        if clients and plan:
            ctx.exit(_stepwise(situation, opened, given))
        asked = _Asked(situation, opened, everybody, limit, **given)
        ctx.exit(asked.execute() if clients or execute else asked.plan())


def _stepwise(situation: Any, opened: str | None, given: dict) -> Exit:
    """The plan of clients that are named: step by step, in Ansible's check mode."""
    from commands.play import play

    said = {name: given[name] for name in ("as_json", "strict", "verbose")}
    variables = {"site_hold_before": given["hold_before"] or "", "site_repair": given["repair"]}
    return play(situation, opened, variables, PLAYBOOK, plan=True, **said)


class _Asked:
    """What was asked for, understood."""

    def __init__(self, situation: Any, opened: str | None, everybody: bool, limit: str | None, **given: Any) -> None:
        from fleet import batch, window

        self.situation, self.opened, self.given = situation, opened, given
        self.patterns = limit or "*"
        parsed = window.parse(given["window"]) if given["window"] else None
        self.rules = batch.rules(given["parallel"], given["batches"], given["max_fail"], parsed)
        words = ["./cli.py", "run", *(situation.clients or (["--all"] if everybody else ["--limit", str(limit)]))]
        words += [] if situation.clients else ["--execute"]
        for name in ("parallel", "batches", "max_fail", "window", "hold_before"):
            if given[name] and (name, given[name]) != ("parallel", PARALLEL):
                words += [f"--{name.replace('_', '-')}", str(given[name])]
        words += ["--repair"] if given["repair"] else []
        self.again = situation.command(shlex.join(words))

    def plan(self) -> Exit:
        """What would be done, from what the servers say."""
        from fleet import plan as room
        from fleet.status import Fleet

        fleet = Fleet(self.situation.inventory, self.situation, self.opened, self.patterns)
        hold, repair = self.given["hold_before"] or room.CUTOVER, self.given["repair"]
        plans = [room.of(state, hold, repair=repair) for state in fleet.look()]
        ended = room.exit_status(plans)
        if self.given["as_json"]:
            click.echo(room.dumped(room.document(plans, ended)))
        else:
            click.echo(room.text(plans, self.rules.parallel, self.again))
        return ended

    def execute(self) -> Exit:
        """Do it, show it, print the report."""
        from fleet import board, inventory, outcome, report, run, view, workers

        given, names = self.given, self.situation.clients
        tree = inventory.read(self.situation.inventory, self.opened)
        find = inventory.named if names else inventory.chosen
        clients = find(tree, self.situation.inventory, names or self.patterns)
        asked = ("parallel", "batches", "max_fail", "window", "hold_before", "repair", "verbose")
        whole = run.Whole(
            clients,
            self.situation,
            PLAYBOOK,
            self.rules,
            again=self.again,
            hold_before=given["hold_before"] or "",
            repair=given["repair"],
            crew=workers.crew(tree, clients, self.situation, self.opened, lambda line: click.echo(line, err=True)),
            vault_password_file=self.opened,
            verbose=given["verbose"],
            options={name: given[name] for name in asked},
        )
        names = [each.name for each in clients]
        many = len(names) > 1  # one is followed task by task
        with board.watching(names, whole.pace) if many else view.watching(names) as watcher:
            results = whole.go(watcher, estimated=many)
        ended = outcome.exit_status(results, strict=given["strict"])
        try:
            whole.finish(results, ended)
        except UsageError as error:  # what was done is done, and is told
            click.echo(str(error), err=True)
        folder = whole.recorder.folder
        if given["as_json"]:
            for part in run.printed(results, ended, folder):
                click.echo(part, nl=False)
            click.echo()
        else:
            click.echo(report.text("run", results, folder))
        return ended
