"""The vault's password on its way to Ansible: always the path of a file, never a word on a command line."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Iterator

from .exits import EDIT, UsageError


def default_file() -> Path:
    """Where ``init`` keeps a password that it made: outside of the inventory, which may go into version control."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "ninjalift" / "vault-password"


def made_by_init() -> str | None:
    """The path of the password that ``init`` made, or None."""
    return str(default_file()) if default_file().is_file() else None


@contextmanager
def password_file(file: str | None, password: str | None) -> Iterator[str | None]:
    """The path of the password's file; a password that was typed in goes into one (0600) for the run alone."""
    if password is None:
        yield file
        return
    handle, path = tempfile.mkstemp(prefix="ninjalift-vault-", dir=os.environ.get("XDG_RUNTIME_DIR"))
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(password + "\n")
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


def encrypt(text: str, password: str) -> str:
    """The text as Ansible Vault keeps it."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    secret = VaultSecret(password.encode())
    return VaultLib([("default", secret)]).encrypt(text, secret=secret).decode()


def decrypt(text: str, password: str) -> str:
    """What a vault holds. Raises AnsibleError where the password does not open it."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    return VaultLib([("default", VaultSecret(password.encode()))]).decrypt(text).decode()


def opens(text: str, password: str) -> bool:
    """Whether the password opens this vault."""
    from ansible.errors import AnsibleError

    try:
        decrypt(text, password)
    except AnsibleError:
        return False
    return True


def read(file: Path) -> str:
    """The password in the file, or what it prints if it is a program, as Ansible reads it.

    Raises UsageError where there is none.
    """
    from ansible.errors import AnsibleError
    from ansible.parsing.dataloader import DataLoader
    from ansible.parsing.vault import get_file_vault_secret

    try:
        secret = get_file_vault_secret(filename=str(file), loader=DataLoader())
        secret.load()
        return secret.bytes.decode()
    except (AnsibleError, OSError, UnicodeDecodeError) as error:
        # A text that is no UTF-8 may be the password itself, so it is not quoted.
        why = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error).splitlines()[0].rstrip(".")
        raise UsageError(
            f"The vault's password cannot be read from {file}: {why}.", f"{EDIT} {quote(str(file))}"
        ) from None
