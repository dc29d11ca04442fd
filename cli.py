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
    "explain": Lazy("commands.diagnose:explain", "Show the page of a check or of a known failure."),
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
        if as_json and verb in LAZY:
            click.echo(imported(LAZY[verb].refusal)(status, message, remedy))
        elif as_json:
            from fleet import report

            click.echo(report.refusal(verb, status, message, remedy, plan="--plan" in arguments))
        else:
            click.echo(f"{message} Mend it with: `{remedy}`" if remedy else message, err=True)
        ctx.exit(status)


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


def playbook_command(verb: str, *own: object):
    """Make a function a command that runs the verb's playbook; the function turns its own options into variables."""

    def wrap(variables_of):
        def command(clients, inventory, vault_password_file, ask_vault_pass, **given):
            said = {name: given.pop(name) for name in ("plan", "as_json", "strict", "verbose")}
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
        clients = click.argument("clients", nargs=-1, required=True, metavar="CLIENT...")
        for option in reversed([*own, clients, *COMMON]):
            command = option(command)
        return main.command(verb, epilog=EXITS)(command)

    return wrap


def play(situation, vault_password_file, variables, *, plan, as_json, strict, verbose) -> Exit:
    """Run the playbook that was asked for (remedies.Situation), show it, print the report; returns the exit status."""
    from fleet import outcome, report, runner, view
    from fleet.inventory import find_clients

    verb, inventory = situation.verb, situation.inventory
    playbook = HERE / "playbooks" / PLAYBOOKS[verb]
    clients = find_clients(inventory, situation.clients, vault_password_file)
    with view.watching([each.name for each in clients], plan=plan) as watcher:
        finished = runner.play(
            playbook,
            verb,
            clients,
            inventory,
            observers=[watcher],
            say=watcher.say,
            variables=variables,
            check=plan,
            vault_password_file=vault_password_file,
            verbose=verbose,
            situation=situation,
        )
    results = outcome.outcomes(finished, clients, situation, runner.plays_of(playbook) if plan else None)
    ended = outcome.exit_status(results, strict=strict)
    document = report.document(verb, results, ended, finished.folder, plan=plan)
    (finished.folder / "result.json").write_text(document + "\n")
    if as_json:
        click.echo(document)
    else:
        click.echo(report.plan(results, finished.folder) if plan else report.text(verb, results, finished.folder))
    return ended


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
    click.option("--remove-blank", is_flag=True, help="First remove the blank companies that failed tries left in V5."),
)
def migrate(transport: str | None, force: str | None, remove_blank: bool) -> dict:
    """Export from V4, import into V5, and watch until the end is proven."""
    variables: dict = {"migration_transport": transport.replace("-", "_")} if transport else {}
    if force is not None:
        if not force.strip():
            raise UsageError("--force needs the name of the company that is replaced.", "./cli.py migrate --help")
        variables.update(migration_force=True, migration_force_company=force)
    if remove_blank:
        variables["migration_remove_blank"] = True
    return variables


@playbook_command("check-data")
def check_data() -> dict:
    """Run V5's own check and read it; anything but zeros fails."""
    return {}


@playbook_command("run")
def run() -> dict:
    """Everything in order: verify, upgrade, provision, migrate, check-data."""
    return {}


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
