"""The command report. cli.py imports it when it is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import ask_vault_option, inventory_option, json_option, vault_option

STATUSES = """\b
Exit statuses:
  0  the report was made, whatever it says of the clients
  1  the tool itself failed, or was stopped by hand
  2  wrong usage, or the record is unknown, cannot be read or is newer than this Ninjalift"""
FILE = click.Path(path_type=Path)


@click.command("report", epilog=STATUSES)
@click.argument("name", required=False, metavar="[RUN|CLIENT]")
@click.option("--html", type=FILE, metavar="FILE", help="Write one self-contained page.")
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Write a line for each client.")
@click.option("--customers", type=FILE, metavar="FOLDER", help="Write each customer's page in plain words into FOLDER.")
@click.option("--awx-events", type=FILE, metavar="FILE", help="Report a job of AWX, from its job events as JSON.")
@json_option
@inventory_option
@vault_option
@ask_vault_option
def report(
    name: str | None, html: Path | None, table: Path | None, customers: Path | None, as_json: bool, **given
) -> None:
    """Say what became of a run, and of each client in it; without a name, list the runs.

    RUN is a run's name or the beginning of it, `last`, or a folder: a record, or what ansible-runner keeps of a run. A
    CLIENT is shown from its newest run; --html then is the customer's page.
    """
    from fleet import history as room

    if given.pop("ask_vault_pass"):
        given["vault_password"] = click.prompt("Vault password", hide_input=True, err=True)
    if name is None and given["awx_events"] is None:
        room.refuse_files({"--html": html, "--csv": table, "--customers": customers})
        click.echo(room.listing(as_json=as_json))
        return
    found = room.find(name, **given)
    if found.note:
        click.echo(found.note, err=True)
    for path in room.write(found, html=html, table=table, customers=customers):
        click.echo(f"Wrote {path}", err=as_json)
    if as_json:
        click.echo(room.dumped(found))
    elif not (html or table or customers):
        click.echo(room.text(found))
