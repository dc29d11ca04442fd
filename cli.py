#!/usr/bin/env python3
"""Ninjalift: moves Invoice Ninja V4 servers to V5, and shows that it happened."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSIDE = HERE / ".venv"

# The project's own packages, whatever python3 is in the path.
if (INSIDE / "bin/python").exists() and not Path(sys.prefix).samefile(INSIDE):
    os.execv(INSIDE / "bin/python", [str(INSIDE / "bin/python"), str(HERE / "cli.py"), *sys.argv[1:]])  # noqa: S606

try:
    import click
    import yaml  # noqa: F401  # stands for the rest of requirements.txt
except ImportError:
    sys.stderr.write(
        f"The Python packages of Ninjalift are not installed. Mend it with:"
        f" `cd {HERE} && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`\n"
    )
    sys.exit(1)

sys.path.insert(0, str(HERE))

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
EXITS = "\b\nExit statuses:\n" + "\n".join(f"  {int(each)}  {each.meaning}" for each in Exit)
ARGUMENTS = "ninjalift.arguments"  # in click's meta


class Group(click.Group):
    """Loads the lab only when it is asked for, and turns errors into a sentence, or a document, and an exit status."""

    def parse_args(self, ctx: click.Context, args: list) -> list:
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list:
        return [*self.commands, "lab"]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == "lab":
            from lab.commands import lab

            return lab
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, each.get_short_help_str(90)) for name, each in self.commands.items()]
        rows.append(("lab", "Real Debian machines with V4, and bare ones for V5, to try everything on."))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        arguments = ctx.meta[ARGUMENTS]
        verb = next(iter(arguments), "")
        as_json = verb in PLAYBOOKS and "--json" in arguments
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
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
        if as_json:
            from fleet import report

            click.echo(report.refusal(verb, status, message, remedy, plan="--plan" in arguments))
        else:
            click.echo(f"{message} Mend it with: `{remedy}`" if remedy else message, err=True)
        ctx.exit(status)


@click.group(cls=Group, epilog=EXITS, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Move Invoice Ninja V4 servers to V5, and show at every step that it happened."""


inventory_option = click.option(
    "-i",
    "--inventory",
    type=click.Path(path_type=Path),
    envvar="NINJALIFT_INVENTORY",
    default="inventory",
    show_default=True,
    show_envvar=True,
    help="Ansible inventory: a file or a folder.",
)
vault_option = click.option(
    "--vault-password-file",
    metavar="FILE",
    envvar="ANSIBLE_VAULT_PASSWORD_FILE",
    show_envvar=True,
    help="File with the vault's password.  [default: the one that init made, if there is one]",
)
COMMON = [
    inventory_option,
    vault_option,
    click.option("--ask-vault-pass", is_flag=True, help="Ask for the vault's password."),
    click.option("--plan", is_flag=True, help="Only say what would be done; change nothing."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    click.option("--strict", is_flag=True, help="Exit with 4 where there are only warnings."),
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
