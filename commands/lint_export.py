"""The command lint-export. cli.py imports it when it is asked for."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from fleet.exits import Exit, UsageError

STATUSES = """\b
Exit statuses:
  0  V5 will import it to its end
  1  the tool itself failed, or was stopped by hand
  2  the file is missing or cannot be read, or wrong usage
  3  V5's import of it will fail
  4  V5 will import it, but something arrives changed or not at all (with --strict)"""


@click.command("lint-export", epilog=STATUSES)
@click.argument("name", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--strict", is_flag=True, help="Exit with 4 where there are only losses.")
@click.option("--all", "all_rows", is_flag=True, help="List every row, not only the first ten of each kind.")
@click.pass_context
def lint_export(ctx: click.Context, name: str, as_json: bool, strict: bool, all_rows: bool) -> None:
    """Predict what V5's importer does with an export of V4: where it fails, with its own words, and what is lost.

    FILE is V4's zip or its migration.json; - is standard input. Nothing is changed, and no server is asked.
    """
    from migration.lint import lint, lint_file, report

    try:
        prediction = lint(sys.stdin.buffer) if name == "-" else lint_file(Path(name))
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {name}.", f"ls -l {shlex.quote(str(Path(name).parent))}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{name} cannot be read: {reason}.", f"ls -l {shlex.quote(name)}") from error
    if as_json:
        click.echo(report.document(prediction))
    else:
        click.echo(report.text(prediction, rows=0 if all_rows else report.ROWS))
    failed = prediction["verdict"] != "completes"
    ctx.exit(Exit.FAIL if failed else Exit.WARN if strict and prediction["problems"] else Exit.OK)
