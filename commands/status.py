"""``status``: how far every client is. cli.py imports it when it is asked for."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import click

from commands.diagnose import Watched
from commands.options import EXITS, ask_vault_option, inventory_option, json_option, strict_option, vault_option

SECONDS = 30.0  # between the rounds of --watch, where none are given
CLEAR = "\x1b[H\x1b[2J"


@click.command(cls=Watched, epilog=EXITS)
@click.argument("patterns", nargs=-1, metavar="[PATTERN...]")
@click.option(
    "--watch",
    type=click.FloatRange(min=1),
    metavar="[SECONDS]",
    help=f"Look again and again. Ctrl-C ends it.  [every {SECONDS:g} s]",
)
@json_option
@strict_option
@inventory_option
@vault_option
@ask_vault_option
@click.pass_context
def status(ctx: click.Context, patterns: tuple, watch: float | None, as_json: bool, strict: bool, **given) -> None:
    """Say how far every client is, how it is and what comes next, read from its servers. Changes nothing.

    A PATTERN is a client's name, or one of a shell such as 'acme*', or a group around clients; '!' before it takes
    away. Without one, all clients.
    """
    from fleet import remedies, vault
    from fleet import status as room

    inventory: Path = given["inventory"]
    password = click.prompt("Vault password", hide_input=True, err=True) if given["ask_vault_pass"] else None
    file = given["vault_password_file"] or vault.made_by_init()
    situation = remedies.Situation("status", patterns, inventory, file, asked=password is not None)
    with remedies.completed(situation), vault.password_file(file, password) as opened:
        fleet = room.Fleet(inventory, situation, opened, ",".join(patterns))
    terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    colour = terminal and not os.environ.get("NO_COLOR")
    before = ended = None
    try:
        while True:
            began = time.monotonic()
            states = fleet.look()
            ended = room.exit_status(states, strict=strict)
            if as_json:
                click.echo(room.document(states, ended, line=watch is not None))
            elif watch and not terminal and before is not None:
                for line in room.news(before, states):
                    click.echo(line)
            else:
                width = shutil.get_terminal_size().columns if terminal else None
                text = room.table(states, width=width, colour=colour)
                click.echo(CLEAR * bool(watch and terminal) + text, color=colour)
            before = states
            if watch is None:
                break
            time.sleep(max(0.0, began + watch - time.monotonic()))
    except KeyboardInterrupt:
        if ended is None:
            raise
    ctx.exit(ended)
