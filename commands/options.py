"""What several commands of the command line share."""

from __future__ import annotations

from pathlib import Path

import click

from fleet.exits import Exit

EXITS = "\b\nExit statuses:\n" + "\n".join(f"  {int(each)}  {each.meaning}" for each in Exit)

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
ask_vault_option = click.option("--ask-vault-pass", is_flag=True, help="Ask for the vault's password.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
strict_option = click.option("--strict", is_flag=True, help="Exit with 4 where there are only warnings.")
