"""The inventory as the command line needs it: which clients there are, and which hosts each has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from migration.clients import RESERVED, pair
from migration.errors import MigrationError

from . import vault
from .exits import EDIT, UsageError
from .remedies import PROJECT, shown

SHOW = "ansible-inventory --graph"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # what Ansible accepts as a group without a warning


@dataclass(frozen=True)
class Client:
    """A client and its two hosts, which may be the same; ``ssh``: host → what to give to ssh by hand."""

    name: str
    v4: str
    v5: str
    ssh: dict = field(default_factory=dict)


def ansible_environment(vault_password_file: str | None = None) -> dict:
    """The environment for every Ansible program: the project's settings, and the path of the vault password's file.

    Nothing may ask on the terminal that Ansible's output uses: what is not known beforehand (a host key, a key's
    passphrase) makes ssh fail with its reason.
    """
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        # ansible-runner switches the check of host keys off, unless it is told otherwise.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "False",
        "SSH_ASKPASS": "/bin/false",
        "SSH_ASKPASS_REQUIRE": "force",
    }
    environment.pop("ANSIBLE_STDOUT_CALLBACK", None)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    if vault_password_file:
        environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(Path(vault_password_file).expanduser().absolute())
    return environment


def find_clients(inventory: Path, names: tuple, vault_password_file: str | None = None) -> list:
    """The clients of these names, in this order, each once; no host is contacted.

    Raises UsageError where the inventory cannot be read, a client is unknown, lacks its V4 or V5, or shares a host.
    """
    tree = read(inventory, vault_password_file)
    variables = tree.get("_meta", {}).get("hostvars", {})
    groups = groups_of(tree)
    return [_client(name, groups, variables, inventory) for name in dict.fromkeys(names)]


def _client(name: str, groups: dict, variables: dict, inventory: Path) -> Client:
    if name in RESERVED or name not in groups:
        known = ", ".join(clients_of(groups)) or "none yet"
        message = f"There is no client '{name}' in {inventory} (clients: {known})."
        raise UsageError(message, "./cli.py init")
    found = hosts_of(name, groups, inventory)
    ssh = {host: _ssh_target(host, variables.get(host, {})) for host in groups[name]}
    return Client(name, found["v4"], found["v5"], ssh)


def hosts_of(name: str, groups: dict, inventory: Path) -> dict:
    """The ``v4`` and the ``v5`` of the group ``name``; raises UsageError where it is not one client."""
    if not groups[name]:
        raise UsageError(f"The client '{name}' has no hosts in {inventory}.", SHOW)
    found = [client_of(host, groups, inventory) for host in groups[name]]
    others = sorted({each["name"] for each in found if each["name"] != name})
    if others:
        raise UsageError(
            f"'{name}' in {inventory} is not one client: its hosts belong to {', '.join(others)}.",
            f"./cli.py COMMAND {' '.join(others)}",
        )
    return found[0]


def client_of(host: str, groups: dict, inventory: Path) -> dict:
    """The client that a host belongs to (migration.clients.pair); raises UsageError where that is not clear."""
    try:
        return pair(groups, host)
    except MigrationError as error:
        raise UsageError(f"In {inventory}: {error.message.rstrip('.')}.", SHOW) from None


def _ssh_target(host: str, variables: dict) -> str:
    """``[-p PORT] [USER@]ADDRESS``."""
    user, port = variables.get("ansible_user"), variables.get("ansible_port")
    target = f"{user}@" * bool(user) + str(variables.get("ansible_host", host))
    return f"-p {port} {target}" if port else target


def clients_of(groups: dict) -> list:
    """The names of the groups that are clients: one host in ``v4``, one in ``v5``."""
    v4, v5 = set(groups.get("v4", [])), set(groups.get("v5", []))
    return sorted(
        name
        for name, hosts in groups.items()
        if name not in RESERVED and len(set(hosts) & v4) == 1 and len(set(hosts) & v5) == 1
    )


def groups_of(tree: dict) -> dict:
    """Group name → host names, with the hosts of its subgroups, from what ``read`` returns."""

    def members(name: str) -> list:
        group = tree.get(name, {})
        found = list(group.get("hosts", []))
        for child in group.get("children", []):
            found += [host for host in members(child) if host not in found]
        return found

    names = set(tree) - {"_meta"} | {child for group in tree.values() for child in group.get("children", [])}
    return {name: members(name) for name in names}


def read(inventory: Path, vault_password_file: str | None = None) -> dict:
    """What ``ansible-inventory --list`` says: groups, and ``_meta.hostvars`` with all variables, secrets too.

    Raises UsageError for a missing inventory, wrong YAML, a missing or wrong vault password.
    """
    if not inventory.exists():
        raise UsageError(f"There is no inventory at {inventory}.", "./cli.py init")
    if vault_password_file and not Path(vault_password_file).expanduser().is_file():
        raise UsageError(
            f"There is no vault password file {vault_password_file}.", "./cli.py COMMAND CLIENT --ask-vault-pass"
        )
    done = subprocess.run(
        ["ansible-inventory", "-i", str(inventory.resolve()), "--list"],
        env=ansible_environment(vault_password_file),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,  # Ansible refuses a non-blocking one, such as ssh leaves behind
        capture_output=True,
        text=True,
        check=False,
    )
    trouble = _trouble(done.stderr)
    if done.returncode == 0 and not trouble:
        tree = json.loads(done.stdout)
        _check_password(inventory, tree, vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE"))
        return tree
    if "no vault secrets found" in done.stderr:
        raise _no_password(inventory, "no vault password was given")
    if "Decryption failed" in done.stderr or "vault password" in done.stderr.lower():
        if vault_password_file:
            vault.read(Path(vault_password_file).expanduser())  # says what is wrong with the file, if anything is
        raise _no_password(inventory, "the vault password is wrong")
    _find_wrong_yaml(inventory)
    raise UsageError(
        f"Ansible cannot read {inventory}: {trouble or done.stderr.strip()[:300]}.",
        "ansible-inventory --list",
    )


def _find_wrong_yaml(inventory: Path) -> None:
    """Ansible does not name the file whose YAML is wrong; raise the UsageError that does, if there is one."""
    files = sorted(inventory.rglob("*.y*ml")) if inventory.is_dir() else [inventory]
    for file in files:
        text = file.read_text(errors="replace")
        try:
            if not text.startswith("$ANSIBLE_VAULT"):
                yaml.compose(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise UsageError(
                f"{file} is not valid YAML: {error.problem} at line {line}.", f"{EDIT} +{line} {shown(file)}"
            ) from None


def _check_password(inventory: Path, tree: dict, password_file: str | None) -> None:
    """Ansible opens a variable that is vaulted by itself only when a task uses it; find out now whether it can."""
    vaulted = _vaulted(tree)
    if not vaulted or os.environ.get("ANSIBLE_VAULT_IDENTITY_LIST"):
        return
    if not password_file:
        raise _no_password(inventory, "no vault password was given")
    if not vault.opens(vaulted[0], vault.read(Path(password_file).expanduser())):
        raise _no_password(inventory, "the vault password is wrong")


def _vaulted(value: object) -> list:
    """The vaults within what ansible-inventory printed."""
    if isinstance(value, dict):
        if isinstance(value.get("__ansible_vault"), str):
            return [value["__ansible_vault"]]
        value = list(value.values())
    return [found for each in value for found in _vaulted(each)] if isinstance(value, list) else []


def _no_password(inventory: Path, why: str) -> UsageError:
    return UsageError(f"The vault of {inventory} cannot be opened: {why}.", "./cli.py COMMAND CLIENT --ask-vault-pass")


def _trouble(stderr: str) -> str:
    """The reason why Ansible could not read an inventory, without the lines of the file that it quotes.

    Ansible only warns where it cannot parse one, and goes on without it; here that is an error.
    """
    marks = ("Failed to parse", "Unable to parse", "No inventory was parsed", "[ERROR]")
    lines = [line.strip() for line in stderr.splitlines()]
    for index, line in enumerate(lines):
        if any(mark in line for mark in marks):
            said = [line]
            for more in lines[index + 1 : index + 4]:
                if not more or re.match(r"Origin:|\d+ |<<<|\[WARNING\]", more):
                    break
                said.append(more)
            return re.sub(r"^\[\w+\]: ?", "", " ".join(said)).rstrip(".")[:400]
    return ""
