"""Completes commands for the user's situation, so that each can be pasted into a shell in the project's folder.

Who writes a message knows what mends it, but not which inventory, vault password and client were asked for.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from . import vault
from .exits import EDIT, UsageError

PROJECT = Path(__file__).resolve().parent.parent
QUOTED = re.compile(r"`([^`\n]+)`")
# Where a command begins: at the start, behind another one or a variable that it gets, or behind sudo.
BEGIN = r"((?:^|[;&|(] ?|\bsudo |=\S* ))"
# And where it ends: quotes may hold what would end it outside of them.
REST = r"""((?:'[^']*'|"[^"]*"|[^;&|'"])*)"""
TOOL = re.compile(BEGIN + r"(?:\.venv/bin/)?(ansible(?:-vault|-inventory|-playbook)?)(?= )" + REST)
OURS = re.compile(BEGIN + r"(\./cli\.py (?!lab\b|…)[a-z-]+)" + REST)


@dataclass(frozen=True)
class Situation:
    """What was asked for: the command, its clients, the inventory, and how the vault is opened.

    vault_password_file: None where there is none; asked: whether the password is typed in.
    """

    verb: str
    clients: tuple
    inventory: Path
    vault_password_file: str | None = None
    asked: bool = False

    def text(self, message: str) -> str:
        """The message with the commands in it, between back-ticks, completed."""
        return QUOTED.sub(lambda found: f"`{self.command(found[1])}`", message)

    def command(self, command: str) -> str:
        """The command as it works from the project's folder; what is complete stays as it is."""
        command = re.sub(r"(?<![\w./~-])inventory/group_vars/", f"{shown(self._folder())}/group_vars/", command)
        command = TOOL.sub(self._tool, command)
        return OURS.sub(self._ours, command)

    def edit(self, client: str, *, secret: bool = False) -> str:
        """The command that opens a client's variables, or its secrets."""
        folder = f"inventory/group_vars/{client}"
        return self.command(f"ansible-vault edit {folder}/vault.yml" if secret else f"{EDIT} {folder}/vars.yml")

    def again(self, client: str) -> str:
        """The command that was asked for, for this client."""
        return self.command(f"./cli.py {self.verb} {client}")

    def _tool(self, found: re.Match) -> str:
        """Ansible's programs are in .venv only; they know neither the inventory nor the file that init made."""
        before, name, rest = found.groups()
        words = [f".venv/bin/{name}"]
        if name == "ansible-vault":
            action, _, rest = rest.strip().partition(" ")
            words.append(action)
            rest = f" {rest}" if rest else ""
        elif not _has(rest, "-i", "--inventory"):
            words.append(f"-i {shown(self.inventory)}")
        if not _has(rest, "--vault-password-file", "--ask-vault-pass"):
            # ansible-vault asks by itself.
            words += self._vault([os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")], asks=name != "ansible-vault")
        return before + " ".join(words) + rest

    def _ours(self, found: re.Match) -> str:
        """./cli.py knows its own defaults; what was given beside them has to be given again."""
        before, command, rest = found.groups()
        if "--help" in rest:
            return found[0]
        end = rest[len(rest.rstrip()) :]
        words = [f"{command}{rest.rstrip()}"]
        if not _has(rest, "-i", "--inventory") and not is_default(self.inventory):
            words.append(f"-i {shown(self.inventory)}")
        if not _has(rest, "--vault-password-file", "--ask-vault-pass"):
            known = [os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE"), vault.made_by_init()]
            words += self._vault(known, asks="init" not in command)
        return before + " ".join(words) + end

    def _vault(self, known: list, *, asks: bool) -> list:
        if self.asked:
            return ["--ask-vault-pass"] if asks else []
        file = self.vault_password_file
        return [f"--vault-password-file {shown(Path(file))}"] if file and file not in known else []

    def _folder(self) -> Path:
        return self.inventory.parent if self.inventory.is_file() else self.inventory


def shown(path: Path) -> str:
    """The path as it is right from the project's folder, quoted for a shell."""
    path = path.expanduser()
    return shlex.quote(str(path if path.is_absolute() or Path.cwd() == PROJECT else path.absolute()))


def is_default(inventory: Path) -> bool:
    """Whether ./cli.py takes this inventory, started in the project's folder, when none is given."""
    return inventory.absolute() == PROJECT / os.environ.get("NINJALIFT_INVENTORY", "inventory")


def _has(words: str, *options: str) -> bool:
    return any(re.search(rf"(?:^|\s){option}(?:[\s=]|$)", words) for option in options)


@contextmanager
def completed(situation: Situation) -> Iterator[None]:
    """Complete the UsageErrors raised within."""
    try:
        yield
    except UsageError as error:
        # Who reads an inventory knows neither the command nor its clients.
        remedy = error.remedy.replace("COMMAND CLIENT", f"COMMAND {' '.join(situation.clients)}")
        remedy = situation.command(remedy.replace("COMMAND", situation.verb))
        raise UsageError(situation.text(error.message), remedy) from None
