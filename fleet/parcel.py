"""What a worker is given for one client: the playbooks, the client's part of the inventory, its secrets, no more.

It lies in memory on this machine until it was sent (ansible-runner's ``transmit`` packs a folder), and in memory on the
worker until the run has ended. Private keys do not travel: the worker signs with an agent that ssh forwards.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import yaml

from diagnostics.transport import known_hosts, settings

from . import vault
from .inventory import Client
from .remedies import PROJECT
from .targets import Host

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory; the folder in it is made by mkdtemp
PREFIX = "ninjalift-parcel-"
PARTS = ("ansible.cfg", "playbooks", "roles", "plugins", "migration", "diagnostics")
# Variables of roles that name a file of this machine, which goes along. (Those with _v4_ca_file name one of V4's.)
FILES = (
    *("cutover_ca_file", "migration_ca_file", "repair_ca_file", "v4_ca_file", "v5_web_ca_file"),
    *("v5_web_tls_certificate_src", "v5_web_tls_key_src"),
)
# They speak of this machine's files, keys and agent; ssh_config says to the worker what they come to.
HERE = (
    *("ansible_ssh_private_key_file", "ansible_private_key_file", "ansible_ssh_args", "ansible_ssh_common_args"),
    *("ansible_ssh_extra_args", "ansible_ssh_executable", "ansible_control_path", "ansible_control_path_dir"),
)
# Options of ssh_config(5) that say how a host is reached, and from where does not matter.
REACHED = (
    *("hostname", "hostkeyalias", "proxyjump", "proxycommand", "port", "user", "connecttimeout", "hostkeyalgorithms"),
    *("kexalgorithms", "ciphers", "macs", "pubkeyacceptedalgorithms", "serveraliveinterval", "serveralivecountmax"),
)


class Unsafe(str):
    """A text of the inventory that is no template (``!unsafe``)."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes an inventory as its author would."""


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


@contextmanager
def packed(
    client: Client,
    hosts: dict,
    tree: dict,
    memory: str,
    disk: str,
    variables: dict,
    vault_password_file: str | None,
) -> Iterator[Path]:
    """The parcel of a client, for ``ansible-runner transmit``, with a folder ``tmp`` beside it; gone afterwards.

    hosts: name → targets.Host, of the client. tree: of ``inventory.read``. memory, disk: the folders of the run on the
    worker. variables: as Ansible's ``--extra-vars``. Raises UsageError where a vaulted file cannot be opened.
    """
    sweep()
    place = str(MEMORY) if os.access(MEMORY, os.W_OK) else os.environ.get("XDG_RUNTIME_DIR")
    outer = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    folder = outer / "parcel"
    held = os.open(outer, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_SH)
        for each in (folder, outer / "tmp"):
            each.mkdir(mode=0o700)
        _copy_project(folder / "project")
        listed = _inventory(client, hosts, tree, folder, memory, vault_password_file)
        _write(folder / "inventory" / "hosts.yml", yaml.dump(listed, Dumper=_Dumper, sort_keys=False))
        _write(folder / "known_hosts", "".join(f"{line}\n" for line in keys_known(hosts)))
        _write(folder / "ssh_config", config_of(hosts, memory))
        _write(folder / "env" / "extravars", json.dumps(variables))
        _write(folder / "env" / "settings", json.dumps({"pexpect_timeout": 0.2, "fact_cache_type": "memory"}))
        _write(folder / "env" / "envvars", json.dumps(environment(memory, disk)))
        yield folder
    finally:
        shutil.rmtree(outer, ignore_errors=True)
        os.close(held)


def sweep() -> None:
    """Remove the parcels that killed runs of this user left."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.getuid():
                continue
            held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(held)


def environment(memory: str, disk: str) -> dict:
    """Ansible's environment on the worker; nothing in it is secret."""
    project = f"{memory}/project"
    return {
        "ANSIBLE_CONFIG": f"{project}/ansible.cfg",
        "ANSIBLE_CALLBACKS_ENABLED": "ninjalift_stop",
        "ANSIBLE_CALLBACK_PLUGINS": f"{project}/plugins/callback",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "False",
        "SSH_ASKPASS_REQUIRE": "never",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": disk,
    }


def keys_of(hosts: dict) -> list:
    """The files of private keys that ssh would use for these hosts, each once."""
    found = []
    for host in hosts.values():
        words = list(host.ssh.options)
        named = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "-i"]
        found += named or settings.read(host.ssh).identities
    return [path for path in dict.fromkeys(found) if Path(path).is_file()]


def keys_known(hosts: dict) -> list:
    """The lines of known_hosts for the hosts, and for what they are reached through."""
    lines = []
    for ssh in (each.ssh for each in hosts.values()):
        wanted = settings.read(ssh)
        while True:
            entries = [each for name in wanted.known_as for each in known_hosts.entries(wanted.known_hosts, name)]
            lines += [Path(each.file).read_text(errors="replace").splitlines()[each.line - 1] for each in entries]
            if not wanted.jumps:
                break
            wanted = settings.read(wanted.jump_host())
    return list(dict.fromkeys(lines))


def config_of(hosts: dict, memory: str) -> str:
    """ssh_config(5) for the worker: how each host is reached, and that only known keys are taken."""
    blocks = []
    for ssh in (each.ssh for each in hosts.values()):
        while True:
            wanted = settings.read(ssh)
            usual = settings.read(type(ssh)("ninjalift.invalid", config="none")).values
            said = [
                f"  {name} {value}"
                for name in REACHED
                for value in wanted.values.get(name, ())
                if usual.get(name) != [value] and value != "none"
            ]
            blocks.append("\n".join([f"Host {ssh.host}", *said]))
            if not wanted.jumps:
                break
            ssh = wanted.jump_host()
    always = {
        "UserKnownHostsFile": f"{memory}/known_hosts",
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
    }
    blocks.append("\n".join(["Host *", *(f"  {name} {value}" for name, value in always.items())]))
    return "\n".join(dict.fromkeys(blocks)) + "\n"


def _inventory(client: Client, hosts: dict, tree: dict, folder: Path, memory: str, password_file: str | None) -> dict:
    """The client's part of the inventory; of others on its machines it has only that they are there."""
    variables = {name: _portable(host, folder, memory, password_file) for name, host in hosts.items()}
    everybody = tree.get("_meta", {}).get("hostvars", {})
    addresses = {name: str(each.get("ansible_host", name)) for name, each in everybody.items()}
    mine = {addresses.get(name, name) for name in hosts}
    v4 = {client.v4: {}}
    for name in tree.get("v4", {}).get("hosts", []):
        if name not in hosts and addresses.get(name, name) in mine:
            v4[name] = {"ansible_host": addresses.get(name, name)}
    groups = {
        "v4": {"hosts": v4},
        "v5": {"hosts": {client.v5: {}}},
        client.name: {"hosts": {client.v4: {}, client.v5: {}}},
    }
    return {"all": {"hosts": variables, "children": groups}}


def _portable(host: Host, folder: Path, memory: str, password_file: str | None) -> dict:
    """A host's variables as they hold on the worker."""
    variables = {name: _plain(value) for name, value in host.variables.items() if name not in HERE}
    for name, value in list(variables.items()):
        file = _file(host.text(name)) if name in FILES and isinstance(value, str) and value else None
        if file:
            travelled = f"{len(list((folder / 'files').glob('*')))}-{file.name}"
            _write(folder / "files" / travelled, _opened(file.read_bytes(), password_file))
            variables[name] = f"{memory}/files/{travelled}"
    variables["ansible_connection"] = "ssh"
    variables["ansible_ssh_args"] = f"-F {memory}/ssh_config -o ControlMaster=auto -o ControlPersist=60s"
    return variables


def _plain(value: Any) -> Any:
    """What ansible-inventory printed, as YAML has it."""
    if isinstance(value, dict):
        if isinstance(value.get("__ansible_unsafe"), str):
            return Unsafe(value["__ansible_unsafe"])
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _file(path: str) -> Path | None:
    """The file of this machine that a variable names, where it is one; Ansible looks at the same places."""
    for base in (PROJECT, PROJECT / "playbooks", PROJECT / "playbooks" / "files"):
        found = base / Path(path).expanduser()
        if found.is_file():
            return found
    return None


def _opened(content: bytes, password_file: str | None) -> bytes:
    """The content of a file that Ansible Vault may have encrypted."""
    if not content.startswith(b"$ANSIBLE_VAULT"):
        return content
    file = password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE", "")
    return vault.decrypt(content.decode(), vault.read(Path(file).expanduser())).encode()


def _copy_project(to: Path) -> None:
    to.mkdir(mode=0o700)
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, to / part, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, to / part)


def _write(file: Path, content: str | bytes) -> None:
    """0600, in a folder that is made where it is missing."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
