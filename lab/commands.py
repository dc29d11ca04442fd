"""The command group ``lab``: real Debian machines for the demo and the tests."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import subprocess
import sys

import click

from . import lifecycle
from .layout import CLIENTS_MOST, WORKERS_MOST
from .state import Lab, LabError, open_lab

NAME = "ninjalift.lab"  # in click's meta: what the command that mends it needs to name the same lab


class LabGroup(click.Group):
    """Turns errors into one sentence and an exit status; no traceback reaches a user."""

    def invoke(self, ctx: click.Context) -> object:
        ctx.meta[NAME] = ""
        try:
            return super().invoke(ctx)
        except LabError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.status)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or b""
            said = said.decode(errors="replace") if isinstance(said, bytes) else said
            click.echo(f"The lab could not go on: {error}. {said.strip()}", err=True)
            name = ctx.meta[NAME]
            click.echo(f"Mend it with: `./cli.py lab down{name}`, then `./cli.py lab up{name}`", err=True)
            ctx.exit(1)
        except (click.Abort, KeyboardInterrupt):
            name = ctx.meta[NAME]
            click.echo(
                f"Stopped in the middle. Mend it with: `./cli.py lab up{name}`, or `./cli.py lab down{name}`", err=True
            )
            ctx.exit(1)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _note_name(ctx: click.Context, _: click.Parameter, name: str | None) -> str | None:
    ctx.meta[NAME] = f" --name {shlex.quote(name)}" if name else ""
    return name


name_option = click.option(
    "--name",
    callback=_note_name,
    help="Which lab; several stand side by side.  [default: $NINJALIFT_LAB or ninjalift]",
)


@click.group(cls=LabGroup)
def lab() -> None:
    """Real Debian machines with V4, and bare ones for V5."""


@lab.command()
@click.option("--clients", type=click.IntRange(1, CLIENTS_MOST), default=1, show_default=True)
@click.option(
    "--debian", type=click.Choice(["12", "13"]), default="12", show_default=True, help="Release of the V5 machines."
)
@click.option(
    "--workers", type=click.IntRange(0, WORKERS_MOST), default=0, help="Bare machines for playbooks/workers.yml."
)
@name_option
def up(clients: int, debian: str, workers: int, name: str | None) -> None:
    """Bring the lab up; safe to repeat, and repairs what a killed run left."""
    one = open_lab(name)
    lifecycle.up(one, clients, debian, _say, workers)
    playbook = f".venv/bin/ansible-playbook -i {one.inventory} --vault-password-file {one.vault_password}"
    _say(f"The lab '{one.name}' is up. Its inventory works with `{playbook} playbooks/site.yml --limit client1`.")
    _say("To use it in this shell:")
    click.echo(f'eval "$(./cli.py lab status --shell --name {one.name})"')


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--shell", "as_shell", is_flag=True, help="Print the variables that make this lab the inventory of a shell."
)
@name_option
def status(as_json: bool, as_shell: bool, name: str | None) -> None:
    """Show the machines, their addresses and web sites."""
    one = open_lab(name)
    if as_shell:
        if not one.read_settings():
            raise LabError(_no_lab(one), status=2)
        click.echo(f"export NINJALIFT_INVENTORY={shlex.quote(str(one.inventory))}")
        click.echo(f"export ANSIBLE_VAULT_PASSWORD_FILE={shlex.quote(str(one.vault_password))}")
        return
    found = lifecycle.status(one)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found["machines"]:
        click.echo(_no_lab(one))
        return
    click.echo(f"{one.name}: network {found['network']}, inventory {found['inventory']}")
    for machine in found["machines"]:
        click.echo(f"  {machine['name']:<14} {machine['address']:<15} {machine['state']:<8} {machine['site']}")


def _no_lab(one: Lab) -> str:
    return f"There is no lab '{one.name}' of {getpass.getuser()}. Make it with: `./cli.py lab up --name {one.name}`"


@lab.command()
@name_option
def down(name: str | None) -> None:
    """Take everything down: machines, mounts, bridge, nft table. Built images stay."""
    lifecycle.down(open_lab(name))


@lab.command()
@click.argument("machines", nargs=-1, metavar="[MACHINE]...")
@name_option
def reset(machines: tuple, name: str | None) -> None:
    """Bring every machine, or those named, back to its first state."""
    lifecycle.reset(open_lab(name), machines, _say)


@lab.command()
@click.argument("machine")
@name_option
def shell(machine: str, name: str | None) -> None:
    """Open a root shell on MACHINE."""
    one = lifecycle.find(open_lab(name), machine)
    if not one.answers():
        raise LabError(f"{machine} is not up. Mend it with: `./cli.py lab up --name {one.lab.name}`")
    sys.stdout.flush()
    command = one.ssh_command()
    os.execvp(command[0], command)  # noqa: S606  # the shell takes this terminal over


if __name__ == "__main__":
    lab()
