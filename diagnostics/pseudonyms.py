"""The secret behind pseudonyms: one a client, made from one of this tool's own, so that no two clients share a name."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shlex
from pathlib import Path

from .targets import TargetError

LENGTH = 64  # characters: 32 random bytes as hex


def key_file() -> Path:
    """Where the tool's own secret lies. Without it, later documents have other pseudonyms than earlier ones."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "ninjalift" / "pseudonyms.key"


def salt(client: str) -> str:
    """The client's salt for the probe, always the same; ``""`` without a client, for which the host has a secret.

    Makes the tool's secret where it is not there yet. Raises TargetError where the file cannot be used.
    """
    if not client:
        return ""
    return hmac.new(_secret(key_file()).encode(), client.encode(), hashlib.sha256).hexdigest()


def pseudonym(salt: str, kind: str, value: str) -> str:
    """What the probe (redact.awk) writes instead of a value of this kind, with this salt; ``""`` for no value."""
    small = "".join(each.lower() if each.isascii() else each for each in value)
    digest = hashlib.sha256("\n".join((salt, kind, small)).encode()).hexdigest()
    return f"<{kind}:{digest[:6]}>" if value else ""


def _secret(file: Path) -> str:
    shown = shlex.quote(str(file))
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:
            raise TargetError(f"Others may read {file}, which makes the pseudonyms.", f"chmod 600 {shown}")
        text = file.read_text(errors="replace").strip()
    except OSError as error:
        message = f"The secret of the pseudonyms cannot be kept in {file}: {error.strerror}."
        raise TargetError(message, f"ls -ld {shown} {shlex.quote(str(file.parent))}") from None
    if len(text) < LENGTH:
        raise TargetError(f"{file} does not hold the secret of the pseudonyms (any more).", f"rm {shown}")
    return text


def _make(file: Path) -> None:
    """All of the file appears at once, and of two processes that make it the first one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(LENGTH // 2) + "\n")
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
