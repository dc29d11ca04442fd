"""The lab's Ansible inventory: what a user would write for the same servers, secrets in a vault."""

from __future__ import annotations

import secrets
import shlex
from pathlib import Path

import yaml

from . import releases
from .layout import Client
from .sites import ROOT
from .state import Lab, write_private


def passwords(lab: Lab, client: Client) -> dict:
    """The client's secrets, made once and kept in the lab's folder (0600)."""
    file = lab.dir / "secrets" / f"{client.name}.yml"
    if not file.exists():
        made = {"v4_owner_password": secrets.token_urlsafe(12), "v5_owner_password": secrets.token_urlsafe(12)}
        write_private(file, yaml.safe_dump(made))
    return yaml.safe_load(file.read_text())


def write(lab: Lab, clients: list, workers: list, sums: dict) -> None:
    """Write hosts.yml, and for each client its variables and its vault."""
    if not lab.vault_password.exists():
        write_private(lab.vault_password, secrets.token_urlsafe(24) + "\n")
    groups: dict = {"v4": {"hosts": {}}, "v5": {"hosts": {}}}
    for client in clients:
        groups["v4"]["hosts"][client.v4.name] = {"ansible_host": client.v4.address}
        groups["v5"]["hosts"][client.v5.name] = {"ansible_host": client.v5.address}
        groups[client.name] = {"hosts": {client.v4.name: {}, client.v5.name: {}}}
        folder = lab.inventory / "group_vars" / client.name
        write_private(folder / "vars.yml", yaml.safe_dump(_variables(lab, client, sums), sort_keys=False))
        vault = folder / "vault.yml"
        if not vault.exists():
            write_private(vault, _encrypt(yaml.safe_dump(passwords(lab, client)), lab.vault_password))
    if workers:
        groups["workers"] = {"hosts": {each.name: {"ansible_host": each.address} for each in workers}}
    connection = {
        "ansible_user": "ops",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(lab.key),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=yes "
        + shlex.quote(f"-oUserKnownHostsFile={lab.known_hosts}"),
    }
    write_private(
        lab.inventory / "hosts.yml", yaml.safe_dump({"all": {"vars": connection, "children": groups}}, sort_keys=False)
    )


def _variables(lab: Lab, client: Client, sums: dict) -> dict:
    tls = lab.dir / "tls"
    site = client.v5.site
    return {
        "v4_root": ROOT,
        "v4_url": f"https://{client.v4.site}",
        "v4_address": client.v4.address,
        "v4_owner_email": client.owner_email,
        "v4_version": releases.V4_VERSION,
        "v4_upgrade_archive_url": f"https://download.test/ninja-v{releases.V4_VERSION}.zip",
        "v4_upgrade_archive_checksum": f"sha256:{sums[f'ninja-v{releases.V4_VERSION}.zip']}",
        "v5_url": f"https://{site}",
        "v5_address": client.v5.address,
        "v5_version": releases.V5_VERSION,
        "v5_archive_url": "https://download.test/invoiceninja.tar",
        "v5_archive_checksum": f"sha256:{sums['invoiceninja.tar']}",
        "v5_web_tls_mode": "files",
        "v5_web_tls_certificate_src": str(tls / f"{site}.crt"),
        "v5_web_tls_key_src": str(tls / f"{site}.key"),
        "v4_ca_file": str(tls / "ca.crt"),
        "v5_web_ca_file": str(tls / "ca.crt"),
        "migration_ca_file": str(tls / "ca.crt"),
    }


def _encrypt(text: str, password_file: Path) -> str:
    from ansible.parsing.vault import VaultLib, VaultSecret

    secret = VaultSecret(password_file.read_bytes().strip())
    return VaultLib([("default", secret)]).encrypt(text, secret=secret).decode()
