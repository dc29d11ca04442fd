"""The inventory as the command line needs it: which clients there are, and which hosts each has."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Iterable
from urllib.parse import urlsplit

import yaml

from migration.clients import RESERVED, pair
from migration.errors import MigrationError

from . import vault
from .exits import EDIT, UsageError
from .remedies import PROJECT, shown

SHOW = "ansible-inventory --graph"
SECRET = re.compile(r"(?:pass|password|passwd|passphrase|secret|token|api_key|app_key|private_key|_email)$")
SETTINGS = ("hooks_", "webhook_")  # how variables begin that are the command line's and no role's
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # what Ansible accepts as a group without a warning


@dataclass(frozen=True)
class Client:
    """A client and its two hosts, which may be the same.

    ssh: host → what to give to ssh by hand. secrets: value → variable, of what no record may hold.
    settings: the variables of hooks.py.
    """

    name: str
    v4: str
    v5: str
    ssh: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict, repr=False)
    settings: dict = field(default_factory=dict, repr=False)


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
    return named(read(inventory, vault_password_file), inventory, names)


def named(tree: dict, inventory: Path, names: tuple) -> list:
    """As ``find_clients``, of an inventory that was ``read``."""
    variables = tree.get("_meta", {}).get("hostvars", {})
    groups = groups_of(tree)
    clients = [_client(name, groups, variables, inventory) for name in dict.fromkeys(names)]
    _refuse(_collisions(clients, variables), inventory)
    return clients


def chosen(tree: dict, inventory: Path, patterns: str) -> list:
    """The clients that the patterns name, in their order and each once; no host is contacted.

    tree: of ``read``. patterns: with commas between them, as a shell has them (``acme*``), for names of clients and of
    groups around clients; ``!`` before one takes away. Raises UsageError where a pattern names nobody, or something is
    wrong with a client that it names: all of that at once.
    """
    variables = tree.get("_meta", {}).get("hostvars", {})
    groups = groups_of(tree)
    wanted = [each.strip() for each in patterns.split(",") if each.strip()]
    takes = [each for each in wanted if not each.startswith("!")] or ["*"]
    drops = [each[1:] for each in wanted if each.startswith("!")]
    names, wrong = {}, {}  # what each is called by
    for host in dict.fromkeys([*groups.get("v4", []), *groups.get("v5", [])]):
        around = [name for name, hosts in groups.items() if name not in RESERVED and host in hosts]
        try:
            names.setdefault(pair(groups, host)["name"], []).append(set(around))
        except MigrationError as error:
            wrong[error.message.rstrip(".")] = around or [host]
    called = {name: {name, *set.intersection(*around)} for name, around in names.items()}
    found = []
    for pattern in takes:
        mine = [name for name in sorted(called) if _matches(called[name], [pattern])]
        if not mine and not any(_matches(around, [pattern]) for around in wrong.values()):
            known = ", ".join(sorted(called)) or "none yet"
            raise UsageError(f"No client of {inventory} is called '{pattern}' (clients: {known}).", SHOW)
        found += [name for name in mine if not _matches(called[name], drops)]
    troubles = [said for said, around in wrong.items() if _matches(around, takes) and not _matches(around, drops)]
    clients = [_client(name, groups, variables, inventory) for name in dict.fromkeys(found)] if not troubles else []
    _refuse([*troubles, *_collisions(clients, variables)], inventory)
    if not clients:
        raise UsageError(f"No client of {inventory} is left of '{patterns}'.", SHOW)
    return clients


def _refuse(troubles: list, inventory: Path) -> None:
    """Raise UsageError with all of these sentences, if there is one."""
    if troubles:
        more = f" ({len(troubles)} troubles)" if len(troubles) > 1 else ""
        raise UsageError(f"In {inventory}{more}: {'; '.join(troubles)}.", SHOW)


def _matches(names: Iterable, patterns: list) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _collisions(clients: list, variables: dict) -> list:
    """Sentences about clients that would get into each other's way: one V5 for two, or one company of V4 for two."""
    seen: dict = {}
    for each in clients:
        v4, v5 = variables.get(each.v4, {}), variables.get(each.v5, {})
        owner = _word(v4, "v4_owner_email").lower()
        key = _word(v4, "v4_account_key")
        found = {("have the same V5", place): place for place in (_site(_word(v5, "v5_url")), _place(v5, "v5_root"))}
        if key:
            found["move the company with the same key", key] = "v4_account_key"
        elif owner:
            places = (_site(_word(v4, "v4_url")), _place(v4, "v4_root"))
            found.update({("move the same company of the same V4", place, owner): place for place in places})
        for place, name in found.items():
            if name:
                seen.setdefault(place, (place[0], name, []))[2].append(each.name)
    said = [
        f"{', '.join(names[:-1])} and {names[-1]} {what}: {name}" for what, name, names in seen.values() if names[1:]
    ]
    # Two clients on one V5 share its URL and its place; one of them says enough.
    return list({each.rpartition(": ")[0]: each for each in reversed(said)}.values())[::-1]


def _word(variables: dict, name: str) -> str:
    """A variable that is a plain text; one that is made of others, or vaulted, differs from client to client."""
    value = variables.get(name, "")
    return value.strip() if isinstance(value, str) and "{{" not in value else ""


def _site(url: str) -> str:
    """A URL as far as it tells sites apart."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    try:
        port = parts.port
    except ValueError:
        port = None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.hostname or ''}{f':{port}' if port and port != usual else ''}{parts.path.rstrip('/')}".lower()


def _place(variables: dict, root: str) -> str:
    """Where an installation is, by SSH; nothing where the address may stand for a tunnel or is another host's."""
    address = _word(variables, "ansible_host")
    where = f"{variables.get('ansible_port') or 22}{variables.get(root) or ''}"
    return "" if address in ("", "localhost", "127.0.0.1", "::1") or "{{" in where else f"{address}:{where}"


def _client(name: str, groups: dict, variables: dict, inventory: Path) -> Client:
    if name in RESERVED or name not in groups:
        known = ", ".join(clients_of(groups)) or "none yet"
        message = f"There is no client '{name}' in {inventory} (clients: {known})."
        raise UsageError(message, "./cli.py init")
    found = hosts_of(name, groups, inventory)
    ssh = {host: _ssh_target(host, variables.get(host, {})) for host in groups[name]}
    own = [variables.get(host, {}) for host in groups[name]]
    settings = {key: value for each in own for key, value in each.items() if key.startswith(SETTINGS)}
    return Client(name, found["v4"], found["v5"], ssh, secrets_of(own), settings)


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


def secrets_of(variables: list) -> dict:
    """Value → variable, of what is a secret or an e-mail address by its name; variables: of each host."""
    found = {}
    for each in variables:
        for name, value in each.items():
            if SECRET.search(name) and isinstance(value, str) and value.strip() and "{{" not in value:
                found[value] = name
    return found


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


def all_clients(inventory: Path, vault_password_file: str | None = None) -> list:
    """Every client whose hosts are clear, to know whose a host is; none is contacted. Raises UsageError as ``read``."""
    tree = read(inventory, vault_password_file)
    variables, groups = tree.get("_meta", {}).get("hostvars", {}), groups_of(tree)
    found = []
    for name in clients_of(groups):
        with contextlib.suppress(UsageError):
            found.append(_client(name, groups, variables, inventory))
    return found


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
