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

# How hosts are asked: of diagnose and bundle.
since_option = click.option(
    "--since",
    metavar="TIME",
    help="Read the logs since then: 45m, 2h, 3d, 2026-11-25 or 2026-11-25T10:00 (local time).",
)
sudo_option = click.option("--sudo", is_flag=True, help="Become root on the host, which sees more.")
ssh_option = click.option(
    "--ssh", "backend", type=click.Choice(["paramiko", "openssh"]), help="How to speak SSH.  [default: chosen]"
)
peer_option = click.option(
    "--peer", metavar="URL", default="", help="Address of the other side: V5's for a V4, V4's for a V5."
)
limit_option = click.option(
    "--limit-seconds", type=click.IntRange(5, 3600), help="When the probe ends on a host.  [default: 60]"
)
