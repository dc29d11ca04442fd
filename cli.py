#!/usr/bin/env python3
"""Ninjalift: moves Invoice Ninja V4 servers to V5, and shows that it happened."""

from __future__ import annotations

import os
import sys

# The project's own packages, whatever python3 is in the path. Nothing else is imported before: every start counts.
INSIDE = os.path.join(os.path.dirname(os.path.realpath(__file__)), ".venv")  # noqa: PTH118, PTH120
PYTHON = os.path.join(INSIDE, "bin", "python")  # noqa: PTH118
if os.path.exists(PYTHON) and not os.path.samefile(sys.prefix, INSIDE):  # noqa: PTH110, PTH121
    os.execv(PYTHON, [PYTHON, os.path.realpath(__file__), *sys.argv[1:]])  # noqa: S606

import importlib  # noqa: E402
import importlib.util  # noqa: E402
import shlex  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import NamedTuple  # noqa: E402

HERE = Path(__file__).resolve().parent

try:
    import click

    if importlib.util.find_spec("yaml") is None:  # it stands for the rest of requirements.txt
        raise ImportError
except ImportError:
    sys.stderr.write(
        f"The Python packages of Ninjalift are not installed. Mend it with:"
        f" `cd {HERE} && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`\n"
    )
    sys.exit(1)

sys.path.insert(0, str(HERE))

from commands.options import (  # noqa: E402
    EXITS,
    ask_vault_option,
    inventory_option,
    json_option,
    strict_option,
    vault_option,
)
from fleet.exits import Exit, UsageError  # noqa: E402

PLAYBOOKS = {
    "verify": "verify_v4.yml",
    "upgrade": "upgrade_v4.yml",
    "provision": "provision_v5.yml",
    "logging": "expanded_logging.yml",
    "migrate": "migrate.yml",
    "check-data": "check_data.yml",
    "reconcile": "reconcile.yml",
    "repair": "repair.yml",
    "cutover": "cutover.yml",
    "rollback": "rollback.yml",
    "run": "site.yml",
}


class Lazy(NamedTuple):
    """A command that is imported only when it is asked for.

    place: ``module:attribute``. help: its line in --help. refusal: ``module:function`` that makes the document of
    --json where the command could not begin or broke, of (status, message, remedy); ``""``: it has no such document.
    """

    place: str
    help: str
    refusal: str = ""


LAZY = {
    "run": Lazy("commands.run:run", "Everything in order, for one client, some, or all: verify to check-data."),
    "status": Lazy(
        "commands.status:status",
        "Say how far every client is, how it is and what comes next. Changes nothing.",
        "fleet.status:refusal",
    ),
    "wait": Lazy("commands.control:wait", "Wait until a run has ended, print its report, and exit as it did."),
    "abort": Lazy(
        "commands.control:abort", "Ask a run, or one client of it, to finish the running step and start none."
    ),
    "logs": Lazy("commands.control:logs", "Show what happened in a run, or to a client; --follow goes on."),
    "diagnose": Lazy(
        "commands.diagnose:diagnose",
        "Say what is wrong with a server, with the evidence and what mends it. Changes nothing.",
        "diagnostics.report.documents:refusal",
    ),
    "bundle": Lazy(
        "commands.bundle:bundle",
        "Write what diagnose needs to know into one file, without secrets, to send it to somebody.",
    ),
    "scan-log": Lazy(
        "commands.scan_log:scan_log",
        "Find known failures, unknown errors and an unfinished import in logs.",
        "diagnostics.scan.report:refusal",
    ),
    "lint-export": Lazy(
        "commands.lint_export:lint_export",
        "Predict what V5's importer will do with an export: where it fails, and what is lost.",
        "migration.lint.report:refusal",
    ),
    "report": Lazy("commands.report:report", "Say what became of a run and its clients: text, HTML, CSV, JSON."),
    "explain": Lazy("commands.diagnose:explain", "Show what a finding means, or a known failure."),
    "lab": Lazy("lab.commands:lab", "Real Debian machines with V4, and bare ones for V5, to try everything on."),
}
ARGUMENTS = "ninjalift.arguments"  # in click's meta


class Group(click.Group):
    """Loads some commands only when asked for, and turns errors into a sentence, or a document, and an exit status."""

    def parse_args(self, ctx: click.Context, args: list) -> list:
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list:
        return [*self.commands, *LAZY]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return imported(LAZY[name].place) if name in LAZY else super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, each.get_short_help_str(90)) for name, each in self.commands.items()]
        rows += [(name, each.help) for name, each in LAZY.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        arguments = ctx.meta[ARGUMENTS]
        verb = next(iter(arguments), "")
        as_json = "--json" in arguments and (verb in PLAYBOOKS or (verb in LAZY and LAZY[verb].refusal))
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, BrokenPipeError):  # click knows what to do when nobody reads on
            raise
        except UsageError as error:
            status, message, remedy = Exit.USAGE, error.message, error.remedy
        except click.ClickException as error:
            if not as_json:
                raise  # click says it, with the usage
            status, message, remedy = Exit.USAGE, error.format_message(), f"./cli.py {verb} --help"
        except (click.Abort, KeyboardInterrupt):
            status, message, remedy = Exit.BROKEN, "Stopped by hand; nothing was begun.", ""
        except Exception as error:
            if os.environ.get("NINJALIFT_DEBUG"):
                raise
            status, message = Exit.BROKEN, f"Ninjalift itself failed: {type(error).__name__}: {error}."
            message += f" See where with: `NINJALIFT_DEBUG=1 ./cli.py {shlex.join(arguments)}`, and report it."
            remedy = ""
        if as_json and verb in PLAYBOOKS:
            from fleet import report

            click.echo(report.refusal(verb, status, message, remedy, plan=is_plan(verb, arguments)))
        elif as_json:
            click.echo(imported(LAZY[verb].refusal)(status, message, remedy))
        else:
            click.echo(f"{message} Mend it with: `{remedy}`" if remedy else message, err=True)
        ctx.exit(status)


def is_plan(verb: str, arguments: list) -> bool:
    """Whether a command that could not begin was to say only what would be done."""
    return "--plan" in arguments or (verb == "repair" and "--execute" not in arguments)


def imported(place: str) -> object:
    """The thing at ``module:attribute``."""
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


@click.group(cls=Group, epilog=EXITS, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Move Invoice Ninja V4 servers to V5, and show at every step that it happened."""


COMMON = [
    inventory_option,
    vault_option,
    ask_vault_option,
    click.option("--plan", is_flag=True, help="Only say what would be done; change nothing."),
    json_option,
    strict_option,
    click.option("-v", "--verbose", is_flag=True, help="Keep Ansible's detailed output in the record of the run."),
]


def playbook_command(verb: str, *own: object, words: tuple = (), unless_plan: str = ""):
    """Make a function a command that runs the verb's playbook; the function turns its own options into variables.

    words: what may follow the clients; the function gets those that do as ``words``. unless_plan: the flag without
    which the command only says what would be done.
    """

    def wrap(variables_of):
        def command(clients, inventory, vault_password_file, ask_vault_pass, **given):
            said = {name: given.pop(name) for name in ("plan", "as_json", "strict", "verbose")}
            if words:
                clients, given["words"] = split(clients, words, verb)
            if unless_plan:
                said["plan"] = said["plan"] or not given[unless_plan]
            from fleet import remedies, vault

            file = vault_password_file or vault.made_by_init()
            situation = remedies.Situation(verb, clients, inventory, file, asked=ask_vault_pass)
            with remedies.completed(situation):
                variables = variables_of(**given)
                password = click.prompt("Vault password", hide_input=True, err=True) if ask_vault_pass else None
                with vault.password_file(file, password) as opened:
                    ended = play(situation, opened, variables, **said)
            click.get_current_context().exit(ended)

        command.__doc__ = variables_of.__doc__
        shown = f"CLIENT... [{'|'.join(words)}]..." if words else "CLIENT..."
        clients = click.argument("clients", nargs=-1, required=True, metavar=shown)
        for option in reversed([*own, clients, *COMMON]):
            command = option(command)
        return main.command(verb, epilog=EXITS)(command)

    return wrap


def split(given: tuple, words: tuple, verb: str) -> tuple:
    """The clients, and the words that follow them; the first is a client whatever it is called.

    Raises UsageError where there is a word alone.
    """
    if len(given) == 1 and given[0] in words:
        raise UsageError(f"{verb} needs the name of a client before {given[0]}.", f"./cli.py {verb} --help")
    first = next((i for i in range(1, len(given)) if all(each in words for each in given[i:])), len(given))
    return given[:first], given[first:]


def play(situation, vault_password_file, variables, **said) -> Exit:
    """Run the playbook of the verb that was asked for (remedies.Situation); returns the exit status."""
    from commands.play import play

    return play(situation, vault_password_file, variables, HERE / "playbooks" / PLAYBOOKS[situation.verb], **said)


@playbook_command("verify")
def verify() -> dict:
    """Read V4 and its data: what would stop the import, or get lost. Changes nothing."""
    return {}


@playbook_command("upgrade")
def upgrade() -> dict:
    """Back V4 up and bring it to the wanted version; puts it back if a step fails."""
    return {}


@playbook_command("provision")
def provision() -> dict:
    """Make a bare Debian 12 or 13 a V5 with TLS, cron and queue."""
    return {}


@playbook_command("logging", click.argument("state", type=click.Choice(["on", "off"]), metavar="on|off"))
def logging(state: str) -> dict:
    """Switch V5's EXPANDED_LOGGING on or off, and check that it is in effect."""
    return {"v5_logging_expanded": state == "on"}


@playbook_command(
    "migrate",
    click.option(
        "--transport",
        type=click.Choice(["v4-host", "controller", "wizard"]),
        help="How the export reaches V5.  [default: the inventory's migration_transport, or v4-host]",
    ),
    click.option(
        "--force",
        metavar="COMPANY_NAME",
        help="Replace the company of this name in V5: V5 deletes it first. A backup is taken before that.",
    ),
    click.option("--anyway", is_flag=True, help="Send the export even if the prediction is that its import fails."),
    click.option("--remove-blank", is_flag=True, help="First remove the blank companies that failed tries left in V5."),
)
def migrate(transport: str | None, force: str | None, anyway: bool, remove_blank: bool) -> dict:
    """Export from V4, import into V5, and watch until the end is proven."""
    variables: dict = {"migration_transport": transport.replace("-", "_")} if transport else {}
    if force is not None:
        if not force.strip():
            raise UsageError("--force needs the name of the company that is replaced.", "./cli.py migrate --help")
        variables.update(migration_force=True, migration_force_company=force)
    if anyway:
        variables["migration_anyway"] = True
    if remove_blank:
        variables["migration_remove_blank"] = True
    return variables


@playbook_command("check-data")
def check_data() -> dict:
    """Run V5's own check, then compare V5 with V4; anything but zeros, and every difference, fails."""
    return {}


@playbook_command(
    "reconcile",
    click.option(
        "--accept",
        "accepted",
        multiple=True,
        metavar="ID",
        help="A difference that is right as it is: its id, or a glob of ids (more than once).",
    ),
    click.option(
        "--html",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Also write a page for the customer: what was there, what is there, and what differs.",
    ),
)
def reconcile(accepted: tuple, html: Path | None) -> dict:
    """Compare V5 with V4: every record, every amount, every attachment. Changes nothing."""
    variables: dict = {"reconcile_show": False}
    if accepted:
        variables["reconcile_accept"] = list(accepted)
    if html:
        clients = click.get_current_context().params["clients"]
        if len(clients) > 1:
            raise UsageError("--html writes the page of one client.", f"./cli.py reconcile {clients[0]} --html {html}")
        variables["reconcile_html"] = str(html.expanduser().absolute())
    return variables


@playbook_command(
    "repair",
    click.option("--execute", is_flag=True, help="Carry the plan out, after a backup of V5."),
    words=("documents", "balances", "leftovers"),
    unless_plan="execute",
)
def repair(execute: bool, words: tuple) -> dict:
    """Say what a migration lost and how it would be put back; with --execute, put it back.

    documents: attachments that V5 has not. balances: invoices and clients whose amounts are not V4's. leftovers: what
    failed tries left on V5. Without a word, all three.
    """
    return {"repair_execute": execute, **({"repair_parts": list(dict.fromkeys(words))} if words else {})}


@playbook_command(
    "cutover",
    click.option(
        "--accept",
        multiple=True,
        metavar="ID",
        help="Accept a named difference, or all that fit a pattern (since/quotes/*). May be repeated.",
    ),
)
def cutover(accept: tuple) -> dict:
    """Make V5 live and V4 quiet, in an order in which no customer is invoiced twice."""
    return {"cutover_accept": list(accept)}


@playbook_command(
    "rollback",
    click.option(
        "--remove",
        metavar="COMPANY_NAME",
        help="Before a cut-over: remove the company of this name from V5 for good. A backup is taken before that.",
    ),
    click.option("--without-v5", is_flag=True, help="V5's host is gone: give V4 its work back and ask V5 nothing."),
)
def rollback(remove: str | None, without_v5: bool) -> dict:
    """Give V4 its work back and switch V5 off; or say what V5 holds, and remove it."""
    if remove is not None and (without_v5 or not remove.strip()):
        raise UsageError("--remove needs the name of V5's company, and V5.", "./cli.py rollback --help")
    return {"rollback_remove": remove or "", "rollback_without_v5": without_v5}


@main.command(epilog=EXITS)
@inventory_option
@vault_option
@click.option(
    "--answers",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="YAML file with the answers; nothing is asked. docs/cli.md lists its keys.",
)
def init(inventory: Path, vault_password_file: str | None, answers: Path | None) -> None:
    """Ask for what a client needs, and write a working inventory with an encrypted vault."""
    from fleet import init as maker
    from fleet import remedies

    with remedies.completed(remedies.Situation("init", (), inventory, vault_password_file)):
        given = maker.read_answers(answers) if answers else maker.ask(inventory, vault_password_file)
        written = maker.write(inventory, given, vault_password_file, answers)
    for path in written.files:
        click.echo(f"Wrote {path}")
    for note in written.notes:
        click.echo(note)
    click.echo(f"Next: `{written.next_command}`")


if __name__ == "__main__":
    main(prog_name="./cli.py")
