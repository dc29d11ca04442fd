"""The commands about diagnostics. cli.py imports them when they are asked for."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import click

from commands.options import (
    EXITS,
    ask_vault_option,
    inventory_option,
    json_option,
    limit_option,
    peer_option,
    since_option,
    ssh_option,
    strict_option,
    sudo_option,
    vault_option,
)

PATIENCE = 2.0  # seconds until it is said which hosts are waited for, and between two such lines
SECONDS = 30.0  # between the rounds of --watch, where none are given


class Watched(click.Command):
    """Lets the SECONDS of --watch be left out in front of an argument."""

    def parse_args(self, ctx: click.Context, args: list) -> list:
        given = []
        for index, word in enumerate(args):
            if word == "--":
                given += args[index:]
                break
            alone = word == "--watch" and not _is_number(args[index + 1] if index + 1 < len(args) else "")
            given.append(f"--watch={SECONDS:g}" if alone else word)
        return super().parse_args(ctx, given)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdecimal()


FILE = click.Path(path_type=Path)


@click.command(cls=Watched, epilog=EXITS)
@click.argument("words", nargs=-1, required=True, metavar="[permissions|jobs|ssl|cron|logs] TARGET...")
@click.option("--only", multiple=True, metavar="ID|GROUP,...", help="Only these checks or groups. Can be repeated.")
@click.option("--skip", multiple=True, metavar="ID|GROUP,...", help="Not these checks or groups. Can be repeated.")
@json_option
@click.option("--html", type=FILE, metavar="FILE", help="Also write one self-contained page.")
@click.option("--junit", type=FILE, metavar="FILE", help="Also write JUnit XML, for a build server.")
@click.option(
    "--watch",
    type=click.FloatRange(min=1),
    metavar="[SECONDS]",
    help=f"Look again and again, and show what changed. Ctrl-C ends it.  [every {SECONDS:g} s]",
)
@since_option
@strict_option
@sudo_option
@ssh_option
@peer_option
@click.option(
    "--ignore", multiple=True, metavar="ID=REASON[@DAY]", help="A finding that you know, until the end of DAY."
)
@click.option("--ignore-file", type=FILE, metavar="FILE", help="YAML list of such findings: id, reason, until.")
@limit_option
@inventory_option
@vault_option
@ask_vault_option
@click.option("-v", "--verbose", is_flag=True, help="Show what is well and what was not checked one by one.")
@click.pass_context
def diagnose(ctx: click.Context, words: tuple, **given) -> None:
    """Say what is wrong with a server, with the evidence and the command that mends it. Changes nothing.

    A TARGET is local, local:/path, ssh://user@host/path, a client or a host of the inventory, or a bundle's file. The
    words permissions, jobs, ssl, cron and logs before it ask only for that; a client or file with such a name is
    written client:NAME or ./NAME.
    """
    from fleet import diagnose as room

    output = {name: given.pop(name) for name in ("as_json", "html", "junit", "strict", "verbose")}
    every = given.pop("watch")
    password = click.prompt("Vault password", hide_input=True, err=True) if given.pop("ask_vault_pass") else None
    inquiry = room.prepared(words, vault_password=password, files=(output["html"], output["junit"]), **given)
    before = ended = None
    try:
        for found in inquiry.rounds(every, _waiting):
            ended = room.exit_status(found, strict=output["strict"])
            _show(found, before, watched=every is not None, **output)
            before = found
    except KeyboardInterrupt:
        if ended is None:
            raise
    ctx.exit(ended)


@contextmanager
def _waiting(targets: list) -> Iterator[Callable]:
    """On a terminal, name on stderr the hosts that have not answered, if it takes longer; yields what hears of each."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda target: None
        return
    from diagnostics.report.plain import printable

    left = [printable(each.name) for each in targets]
    done = threading.Event()

    def say() -> None:
        erase = ""
        while not done.wait(PATIENCE):
            said = f"Waiting for {len(left)} of {len(targets)}: {', '.join(left[:3])}" + ", …" * (len(left) > 3)
            erase = "\r\x1b[2K"
            click.echo(erase + said[: shutil.get_terminal_size().columns - 1], err=True, nl=False)
        click.echo(erase, err=True, nl=False)

    speaker = threading.Thread(target=say, daemon=True)
    speaker.start()
    try:
        yield lambda target: left.remove(printable(target.name))
    finally:
        done.set()
        speaker.join()


def _show(found: list, before: list | None, *, watched, as_json, html, junit, strict, verbose) -> None:
    """Print a round and write its files."""
    import datetime

    from diagnostics.diagnosis import changes
    from fleet import diagnose as room

    made = datetime.datetime.now().astimezone()
    if as_json:
        from diagnostics.report import documents

        said = documents.text(found, line=watched)
    elif before is None:
        said = _writer(verbose).report(found)
    else:
        said = _writer(verbose).news(*changes(before, found), found, f"{made:%H:%M:%S}")
    if html:
        from diagnostics.report import html as page

        room.write(html, page.text(found, made))
    if junit:
        from diagnostics.report import junit as xml

        room.write(junit, xml.text(found, made, strict=strict))
    _echo(said)  # after the files, so that --json prints one document if they cannot be written


def _writer(verbose: bool):
    from diagnostics.report.text import Writer

    terminal = sys.stdout.isatty()
    colour = terminal and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    return Writer(width=width, colour=colour, verbose=verbose)


def _echo(text: str) -> None:
    """Print at once, whatever letters the terminal knows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), color=True)


@click.command()
@click.argument("id", required=False)
def explain(id: str | None) -> None:
    """Show what a finding means, of whatever command, or a known failure; without an ID, the list of all."""
    from diagnostics import explain as room
    from fleet.exits import UsageError

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if id is None:
        _echo(room.contents(width))
        return
    try:
        _echo(room.page(id, width))
    except KeyError:
        near = room.near(id)
        said = f"There is no check and no known failure '{id}'." + f" Did you mean {' or '.join(near)}?" * bool(near)
        raise UsageError(said, f"./cli.py explain {near[0]}" if near else "./cli.py explain") from None
