"""Clients and hosts of the inventory as targets of the diagnostics, reached by Ansible's own settings."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable

from diagnostics.targets import INVENTORY, LOCAL, SSH, Ssh, Target
from migration.clients import RESERVED

from . import vault
from .exits import EDIT, UsageError
from .inventory import client_of, clients_of, groups_of, hosts_of, read
from .remedies import PROJECT

ROOT = "/var/www/invoiceninja"  # the default of the roles v4 and v5
BY_SSH = ("smart", "ssh", "ansible.builtin.ssh", "paramiko", "paramiko_ssh", "ansible.netcommon.paramiko")
TRUE = ("true", "yes", "on", "1", "y", "t")


def explained(targets: Iterable[Target], inventory: Path, vault_password_file: str | None = None) -> list:
    """The targets, those of the inventory replaced by the one or two installations that they stand for.

    A client is its V4 and its V5, on two hosts or on one; a host is what it is for its client. The inventory is read
    once, and only where a target needs it. Raises UsageError where it cannot be read, does not know a name, or says
    something that cannot be done.
    """
    targets = list(targets)
    if not any(each.kind == INVENTORY for each in targets):
        return targets
    file = vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    known = _Inventory(inventory, read(inventory, vault_password_file), file)
    return [made for each in targets for made in (known.targets(each) if each.kind == INVENTORY else [each])]


def of_clients(clients: Iterable, inventory: Path, tree: dict, vault_password_file: str | None = None) -> dict:
    """The name of each client (inventory.Client) → its installations: ``v4`` and ``v5`` → (Target, what reads its
    variables: name → text). tree: of ``inventory.read``. Raises UsageError where a variable cannot be used.
    """
    file = vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    known = _Inventory(inventory, tree, file)
    return {each.name: known.sides(each) for each in clients}


@dataclass(frozen=True)
class Host:
    """A host of the inventory: how SSH reaches it (None where it is this machine), what reads one of its variables as a
    text, and all of them, templates as they were written, vaulted values opened.
    """

    ssh: Ssh | None
    text: Callable[..., str]
    variables: dict = field(repr=False)


def of_hosts(names: Iterable[str], client: str, inventory: Path, tree: dict, vault_password_file: str | None) -> dict:
    """Name → Host. client: whose they are, for sentences. tree: of ``inventory.read``. Raises UsageError where a
    variable cannot be used.
    """
    file = vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    known = _Inventory(inventory, tree, file)
    return {name: known.host(name, client) for name in names}


class _Inventory:
    """What ``inventory.read`` said, and what it means for a target."""

    def __init__(self, path: Path, tree: dict, vault_password_file: str | None) -> None:
        self.path, self.password_file = path, vault_password_file
        self.groups = groups_of(tree)
        self.hosts: dict = dict(tree.get("_meta", {}).get("hostvars", {}))
        # A host without variables stands in no hostvars.
        self.hosts.update({host: {} for hosts in self.groups.values() for host in hosts if host not in self.hosts})

    def targets(self, asked: Target) -> list:
        name = asked.name
        if name in self.groups and name not in RESERVED:
            return self._client(asked)
        if name not in self.hosts:
            clients = ", ".join(clients_of(self.groups)) or "none yet"
            raise UsageError(
                f"There is no client and no host '{name}' in {self.path} (clients: {clients}).", "./cli.py init"
            )
        sides = [side for side in ("v4", "v5") if name in self.groups.get(side, ())]
        client = client_of(name, self.groups, self.path)["name"] if sides else ""
        return [self._target(asked, name, side, client, sides) for side in sides or [""]]

    def sides(self, client: Any) -> dict:
        """``v4`` and ``v5`` of a client → (its Target, the reader of its variables)."""
        asked, both = Target(client.name, INVENTORY, client.name), ["v4", "v5"] if client.v4 == client.v5 else []
        return {
            side: (self._target(asked, host, side, client.name, both), _Variables(host, client.name, self).text)
            for side, host in (("v4", client.v4), ("v5", client.v5))
        }

    def host(self, name: str, client: str) -> Host:
        """A host, as the worker or the client's that it is."""
        said = _Variables(name, client, self)
        by_ssh = (said.text("ansible_connection") or "smart") in BY_SSH
        return Host(self._ssh(name, said) if by_ssh else None, said.text, said.opened(self.hosts[name]))

    def _client(self, asked: Target) -> list:
        name = asked.name
        found = hosts_of(name, self.groups, self.path)
        v4, v5 = found["v4"], found["v5"]
        both = ["v4", "v5"] if v4 == v5 else []
        return [self._target(asked, v4, "v4", name, both), self._target(asked, v5, "v5", name, both)]

    def _target(self, asked: Target, host: str, side: str, client: str, sides: list) -> Target:
        """sides: of this host; where it has both, its name alone does not tell them apart."""
        said = _Variables(host, client, self)
        connection = said.text("ansible_connection") or "smart"
        if connection not in (LOCAL, "ansible.builtin.local", *BY_SSH):
            raise said.wrong("ansible_connection", f"is {connection}, and diagnostics speak only SSH")
        method = said.text("ansible_become_method") or "sudo"
        become = said.text("ansible_become").lower() in TRUE
        if become and method not in ("sudo", "ansible.builtin.sudo"):
            raise said.wrong("ansible_become_method", f"is {method}, and diagnostics know only sudo")
        return Target(
            word=asked.word,
            kind=SSH if connection in BY_SSH else LOCAL,
            name=f"{host} ({side.upper()})" if len(sides) > 1 else host,
            path=(said.text(f"{side}_root") or ROOT) if side else "",
            ssh=self._ssh(host, said) if connection in BY_SSH else None,
            sudo=become,
            become_password=said.text("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"),
            client=client,
            peer_url=said.text({"v4": "v5_url", "v5": "v4_url"}[side]) if side else "",
        )

    def _ssh(self, host: str, said: _Variables) -> Ssh:
        port = said.text("ansible_port", "ansible_ssh_port")
        if port and not (port.isdecimal() and 0 < int(port) < 65536):
            raise said.wrong("ansible_port", f"is {port}, which is no port")
        options: list = []
        for names, setting in (
            (("ansible_ssh_args",), ""),
            (("ansible_ssh_common_args",), "ANSIBLE_SSH_COMMON_ARGS"),
            (("ansible_ssh_extra_args",), "ANSIBLE_SSH_EXTRA_ARGS"),
        ):
            try:
                options += shlex.split(said.text(*names) or os.environ.get(setting, ""))
            except ValueError as error:
                raise said.wrong(names[0], f"cannot be read ({error})") from None
        names = ("ansible_private_key_file", "ansible_ssh_private_key_file")
        key = said.text(*names) or os.environ.get("ANSIBLE_PRIVATE_KEY_FILE", "")
        if key:
            file = PROJECT / Path(key).expanduser()
            if not file.is_file():
                raise said.wrong(names[1], f"is {key}, and there is no such file")
            options += ["-i", str(file)]
        user = said.text("ansible_user", "ansible_ssh_user") or os.environ.get("ANSIBLE_REMOTE_USER", "")
        password = said.text("ansible_password", "ansible_ssh_password", "ansible_ssh_pass")
        address = said.text("ansible_host", "ansible_ssh_host") or host
        return Ssh(address, user, int(port or 0), tuple(options), password)


class _Variables:
    """The variables of a host: vaulted values opened and templates filled in, when they are asked for."""

    def __init__(self, host: str, client: str, inventory: _Inventory) -> None:
        self.host, self.client, self.inventory = host, client, inventory
        self.values = inventory.hosts[host]

    def text(self, *names: str) -> str:
        """The first of these that is set, as a text; ``""`` where none is."""
        for name in names:
            value = self.values.get(name)
            if value not in (None, ""):
                return self._plain(name, value)
        return ""

    def wrong(self, name: str, why: str) -> UsageError:
        folder = f"inventory/group_vars/{self.client}/vars.yml" if self.client else "inventory/hosts.yml"
        return UsageError(f"The variable {name} of {self.host} {why}.", f"{EDIT} {folder}")

    def _plain(self, name: str, value: object) -> str:
        from ansible.errors import AnsibleError

        try:
            value = self._opened(value)
            if isinstance(value, str) and ("{{" in value or "{%" in value):
                value = self._filled(value)
        except AnsibleError as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise self.wrong(name, f"cannot be worked out: {reason}") from None
        return str(value)

    def _filled(self, template: str) -> object:
        """A template as Ansible fills it in for this host."""
        from ansible.parsing.dataloader import DataLoader
        from ansible.template import Templar

        known = self.inventory
        variables = {
            **self.values,
            "inventory_hostname": self.host,
            "inventory_hostname_short": self.host.split(".")[0],
            "inventory_dir": str(known.path if known.path.is_dir() else known.path.parent),
            "groups": known.groups,
            "group_names": sorted(name for name, hosts in known.groups.items() if self.host in hosts and name != "all"),
            "hostvars": known.hosts,
        }
        loader = DataLoader()
        loader.set_basedir(str(PROJECT))
        return Templar(loader=loader, variables=self._trusted(variables)).template(self._trusted(template))

    def _trusted(self, value: object) -> object:
        """What the user wrote into the inventory may be a template."""
        from ansible.template import trust_as_template

        value = self._opened(value)
        if isinstance(value, dict):
            return {name: self._trusted(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._trusted(inner) for inner in value]
        return trust_as_template(value) if isinstance(value, str) else value

    def opened(self, value: Any) -> Any:
        """The value with all vaults within it opened."""
        value = self._opened(value)
        if isinstance(value, dict):
            return {name: self.opened(inner) for name, inner in value.items()}
        return [self.opened(inner) for inner in value] if isinstance(value, list) else value

    def _opened(self, value: object) -> object:
        """What a single vaulted value holds; ``read`` has made sure that the password is right."""
        if not (isinstance(value, dict) and "__ansible_vault" in value):
            return value
        from ansible.parsing.vault import VaultLib, VaultSecret

        secret = VaultSecret(vault.read(Path(self.inventory.password_file or "").expanduser()).encode())
        return VaultLib([("default", secret)]).decrypt(value["__ansible_vault"]).decode()
