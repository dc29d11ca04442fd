"""The command ``bundle``. cli.py imports it when it is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import (
    EXITS,
    ask_vault_option,
    inventory_option,
    limit_option,
    peer_option,
    since_option,
    ssh_option,
    sudo_option,
    vault_option,
)


@click.command(epilog=EXITS)
@click.argument("target", required=False, metavar="[TARGET]")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The file to write.")
@click.option("--script", is_flag=True, help="Write a script that makes the bundle on a server without Ninjalift.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@sudo_option
@ssh_option
@since_option
@peer_option
@limit_option
@inventory_option
@vault_option
@ask_vault_option
@click.pass_context
def bundle(ctx: click.Context, target: str | None, output: Path | None, script: bool, force: bool, **given) -> None:
    """Write what diagnose needs to know of TARGET into one file, to send it: without secrets and personal data.

    A TARGET is as for diagnose: local, local:/path, ssh://user@host/path, a client or a host of the inventory. With
    --script it may be the name of a client: the script then makes the same pseudonyms as all bundles of this client.
    """
    from fleet import bundle as room
    from fleet.exits import UsageError

    asked = given.pop("ask_vault_pass")
    if script:
        path = room.write_script(output, target or "", force=force)
        click.echo(f"Wrote {path}. The customer runs it on the server: `sudo sh {path.name}`")
        return
    if not target or not output:
        missing = "a TARGET" if not target else "-o FILE"
        raise UsageError(f"bundle needs {missing}.", "./cli.py bundle TARGET -o bundle.tar.gz")
    password = click.prompt("Vault password", hide_input=True, err=True) if asked else None
    written = room.make(target, output, force=force, vault_password=password, **given)
    click.echo(written.text())
    ctx.exit(written.exit_status)
