"""``wait``, ``abort`` and ``logs``. cli.py imports them when they are asked for."""

from __future__ import annotations

import click

from commands.options import EXITS

NAME = "[RUN|CLIENT]"


@click.command(epilog=EXITS)
@click.argument("name", required=False, metavar=NAME)
@click.pass_context
def wait(ctx: click.Context, name: str | None) -> None:
    """Wait until a run has ended that goes on, print its report, and exit as it did. Without a name, the newest one."""
    from fleet import control, history

    chosen = control.choose(name, going_on=name is None)
    ended = control.wait(chosen)
    found = history.find(str(chosen.folder), inventory=chosen.folder)
    click.echo(history.text(found))
    ctx.exit(ended)


@click.command(epilog=EXITS)
@click.argument("name", required=False, metavar=NAME)
@click.option("--now", is_flag=True, help="Do not even finish the running steps, as Ctrl-C twice.")
def abort(name: str | None, now: bool) -> None:
    """Ask a run that goes on, or one client of it, to finish the running step and start none.

    The same command as before goes on later.
    """
    from fleet import control

    click.echo(control.abort(control.choose(name, going_on=True), now=now))


@click.command(epilog=EXITS)
@click.argument("name", required=False, metavar=NAME)
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended. Ctrl-C ends this, not the run.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines of the record as they are.")
@click.pass_context
def logs(ctx: click.Context, name: str | None, follow: bool, as_json: bool) -> None:
    """Show what happened in a run, or to a client in its newest one. Without a name, the newest run."""
    from fleet import control

    try:
        for line in control.lines(control.choose(name), follow=follow, raw=as_json):
            click.echo(line)
    except KeyboardInterrupt:
        ctx.exit(0)
