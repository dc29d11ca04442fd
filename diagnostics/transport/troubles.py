"""What goes wrong between here and a host, in the same words whichever client met it."""

from __future__ import annotations

import random
import shlex
import time
from typing import Callable

from ..targets import REFUSED, UNREACHABLE, USAGE, Ssh, TargetError

TOO_MANY_KEYS = "too many keys were offered; name one with IdentityFile, and say IdentitiesOnly yes"
WAITS = (0.3, 0.6, 1.2)  # seconds before another try, about


class Dropped(TargetError):
    """The server closed the connection before it said anything, as it does at random when many log in (MaxStartups)."""


def persistently(once: Callable[[], bytes], until: float) -> bytes:
    """Do it again a few times where the connection was dropped. until: by time.monotonic()."""
    for wait in WAITS:
        try:
            return once()
        except Dropped:
            wait *= random.uniform(0.5, 1.5)  # noqa: S311  # so that not all come back at once
            if time.monotonic() + wait > until:
                raise
            time.sleep(wait)
    return once()


def unreachable(ssh: Ssh, why: str, kind: type = TargetError) -> TargetError:
    """No SSH server answered. why: what the system or the client says, with the address that was tried."""
    return kind(f"{ssh.name} cannot be reached by SSH: {why.rstrip('.')}.", ssh.by_hand(), UNREACHABLE)


def unknown_key(ssh: Ssh, name: str, fingerprint: str = "") -> TargetError:
    """name: by which the host's key was looked for; a jump host's is not the target's."""
    shown = f" ({fingerprint})" * bool(fingerprint)
    message = (
        f"The host key of {name}{shown} is not known here, so {ssh.name} is not asked. Connect by hand, and accept the"
        " key only when its fingerprint is the server's own (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there)."
    )
    return TargetError(message, ssh.by_hand(), REFUSED)


def changed_key(ssh: Ssh, name: str, file: str, line: str = "") -> TargetError:
    """name and file: of the known_hosts entry that the server's key contradicts."""
    where = f"{file}, line {line}" if line else file
    message = (
        f"The host key of {name} has CHANGED: it is not the one in {where}. Somebody may be between this machine and"
        " the server; ask its owner whether it was installed anew. Only then forget the old key."
    )
    return TargetError(message, f"ssh-keygen -f {shlex.quote(file)} -R {shlex.quote(name)}", REFUSED)


def revoked_key(ssh: Ssh, name: str) -> TargetError:
    """The key is marked @revoked in a known_hosts file."""
    message = f"The host key of {name} is marked as @revoked here, so {ssh.name} is not asked."
    return TargetError(message, f"ssh-keygen -F {shlex.quote(name)}", REFUSED)


def denied(ssh: Ssh, user: str, why: str) -> TargetError:
    """The server does not let the user in. why: the methods, or the reason."""
    message = f"{ssh.name} does not let {user or 'the user'} in ({why})."
    words = [word for word in ssh.arguments if word != "--"]
    # ssh-copy-id knows neither -l nor -F in every release.
    plain = all(word in ("-p", "-l", str(ssh.port), ssh.user, ssh.host) for word in words)
    copy = ["ssh-copy-id", *(["-p", str(ssh.port)] if ssh.port else []), f"{ssh.user}@" * bool(ssh.user) + ssh.host]
    return TargetError(message, shlex.join(copy) if plain else ssh.by_hand(), REFUSED)


def wrong_settings(said: str) -> TargetError:
    """The OpenSSH client refuses its own settings or arguments."""
    return TargetError(f"The settings of ssh are wrong: {said.rstrip('.')}.", "ssh -G example.com", USAGE)
