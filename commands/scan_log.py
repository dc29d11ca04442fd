"""The command scan-log. cli.py imports it when it is asked for."""

from __future__ import annotations

import os
import sys

import click

from fleet.exits import Exit, UsageError

STATUSES = """\b
Exit statuses:
  0  nothing, or only errors that no signature knows
  1  the tool itself failed, or was stopped by hand
  2  a file is missing or cannot be read, or wrong usage
  3  a known failure, or an import that did not end
  4  only warnings, or errors that no signature knows (with --strict)"""


@click.command("scan-log", epilog=STATUSES)
@click.argument("names", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--since",
    metavar="TIME",
    help="Leave out what is older by the log's own clock: a date, a date with a time, or 45m, 2h, 3d ago (UTC).",
)
@click.option("--context", type=click.IntRange(0, 50), default=2, show_default=True, help="Records around each sample.")
@click.option("--strict", is_flag=True, help="Exit with 4 where there are only warnings or unknown errors.")
@click.pass_context
def scan_log(ctx: click.Context, names: tuple, as_json: bool, since: str | None, context: int, strict: bool) -> None:
    """Find known failures, unknown errors and an import that did not end in logs of V4, V5, PHP, nginx or Apache.

    FILE is plain or packed (.gz, .bz2, .xz); rotated ones are read oldest first; - is standard input.
    """
    from diagnostics.scan import report
    from diagnostics.scan.files import FileError, in_order
    from diagnostics.scan.scanner import Scan
    from diagnostics.scan.times import TimeError, since_time

    try:
        begin = since_time(since) if since else ""
        result = Scan(since=begin, context=context).files(in_order(names))
    except TimeError as error:
        raise UsageError(str(error), "./cli.py scan-log --help") from error
    except FileError as error:
        raise UsageError(error.message, error.remedy) from error
    if as_json:
        click.echo(report.document(result))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        click.echo(report.text(result, colour), color=colour)
    ctx.exit(Exit.FAIL if report.failed(result) else Exit.WARN if strict and report.warned(result) else Exit.OK)
