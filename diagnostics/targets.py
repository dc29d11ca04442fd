"""What the words of a command line point at: this machine, a host by SSH, a bundle, or a name of the inventory."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

UNREACHABLE, REFUSED, USAGE, BROKEN = "unreachable", "refused", "usage", "broken"
LOCAL, SSH, BUNDLE, INVENTORY = "local", "ssh", "bundle", "inventory"
# Both end up in the shell of a ProxyCommand, so they hold nothing that a shell reads.
HOST = re.compile(r"[^\W_][\w.:%-]*")
USER = re.compile(r"[^\W-][^\s'\"`$\\;&<>|(){}]*")
NAME = re.compile(r"\w[\w.-]*")
FILES = (".json", ".gz", ".tar", ".tgz")  # no host is called so, but a bundle that is not there is
EXAMPLES = "./cli.py diagnose ssh://root@v5.example.com/var/www/invoiceninja"


class TargetError(Exception):
    """A target cannot be understood or reached.

    message: one sentence, what is wrong and where; it holds no secret. remedy: the command that mends it, or ``""``.
    kind: ``usage`` (wrong word or setting), ``unreachable`` (it does not answer), ``refused`` (it answers, and this
    side or the other one does not go on: host key, user, sudo), ``broken`` (the tool itself failed).
    """

    def __init__(self, message: str, remedy: str = "", kind: str = USAGE) -> None:
        super().__init__(message, remedy, kind)
        self.message = message
        self.remedy = remedy
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.message} Mend it with: `{self.remedy}`" if self.remedy else self.message


@dataclass(frozen=True)
class Ssh:
    """How a host is reached by SSH; what is empty is left to the settings of the OpenSSH client.

    options: further arguments of ``ssh``, such as ``("-o", "ProxyJump=a.test")``. config: a file of settings instead of
    ``~/.ssh/config``. hops: for which target it is a jump host, counted from it.
    """

    host: str
    user: str = ""
    port: int = 0
    options: tuple = ()
    password: str = field(default="", repr=False)
    config: str = ""
    hops: int = 0

    @property
    def name(self) -> str:
        """``[USER@]HOST[:PORT]``, for sentences."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@" * bool(self.user) + host + f":{self.port}" * bool(self.port)

    @property
    def arguments(self) -> list:
        """What to give to ``ssh``, before the command."""
        words = ["-F", self.config] if self.config else []
        words += self.options
        words += ["-p", str(self.port)] if self.port else []
        words += ["-l", self.user] if self.user else []
        return [*words, "--", self.host]

    def by_hand(self, command: str = "true") -> str:
        """The line for a shell that runs a command there, and that may ask about a host key or a password."""
        words = [word for word in self.arguments if word != "--"]
        return shlex.join(["ssh", "-t", "-o", "StrictHostKeyChecking=ask", *words, command])


@dataclass(frozen=True)
class Target:
    """One installation to look at.

    word: as it was asked for. kind: LOCAL, SSH, BUNDLE, or INVENTORY (a name that only the inventory can explain).
    name: how reports call it. path: the installation's directory (``""``: the probe looks for one), or the bundle's
    file. sudo: become root. become_password: what sudo wants to know, ``""`` where it must not ask. client: whose it
    is, by the inventory. peer_url: the address of the client's other side.
    """

    word: str
    kind: str
    name: str
    path: str = ""
    ssh: Ssh | None = None
    sudo: bool = False
    become_password: str = field(default="", repr=False)
    client: str = ""
    peer_url: str = ""


def parse(word: str) -> Target:
    """The target that a word names; nothing is contacted.

    ``local``, ``local:/path``, ``ssh://[user@]host[:port][/path]`` (percent-encoded where it must be), an existing file
    (a bundle), else a client or host of the inventory; ``client:NAME`` is one even where a file is called so. Raises
    TargetError for anything else.
    """
    if word == "local":
        return Target(word, LOCAL, word)
    if word.startswith("local:"):
        return _local(word)
    if word.lower().startswith("ssh://"):
        return _ssh(word)
    path = Path(word)
    if word and _is(path, "file"):
        return Target(word, BUNDLE, path.name, path=word)
    if word and _is(path, "dir"):
        remedy = f"./cli.py diagnose {shlex.quote(f'local:{path.absolute()}')}"
        raise TargetError(f"'{word}' is a directory; an installation on this machine is called local:PATH.", remedy)
    name = word[len("client:") :] if word.startswith("client:") else word
    if NAME.fullmatch(name) and (name != word or not word.endswith(FILES)):
        return Target(word, INVENTORY, name)
    raise _not_understood(word)


def _is(path: Path, what: str) -> bool:
    """A name too long or without permission is no file."""
    try:
        return path.is_dir() if what == "dir" else path.is_file() or path.is_fifo()
    except (OSError, ValueError):
        return False


def _not_understood(word: str) -> TargetError:
    if re.match(r"\w+://", word):
        return TargetError(f"'{_without_password(word)}' is no target: only ssh:// addresses are.", EXAMPLES)
    if "@" in word and NAME.fullmatch(word.replace("@", "")):
        return TargetError(f"'{word}' is no target; a host is written ssh://{word}.", f"./cli.py diagnose ssh://{word}")
    if "/" in word or word.endswith(FILES):
        return TargetError(f"There is no file '{word}'.", "ls -l " + shlex.quote(str(Path(word).parent)))
    said = f"'{word}'" if word else "An empty word"
    return TargetError(f"{said} is neither a target nor a name that an inventory can have.", EXAMPLES)


def _local(word: str) -> Target:
    path = word[len("local:") :]
    if not path:
        raise TargetError(f"'{word}' names no directory.", "./cli.py diagnose local")
    return Target(word, LOCAL, word, path=str(Path(path).expanduser().absolute()))


def _ssh(word: str) -> Target:
    place, _, path = word[len("ssh://") :].partition("/")
    login, at, address = place.rpartition("@")
    user, colon, password = login.partition(":")
    if colon and password:
        raise TargetError(
            f"'{_without_password(word)}' holds a password; every user of this machine can read a command line.",
            f"ssh-copy-id {shlex.quote(f'{unquote(user)}@{address}')}",
        )
    host, port = _host_and_port(word, address)
    user = unquote(user)
    if at and not USER.fullmatch(user):
        raise TargetError(f"'{word}' has no user that SSH takes before the @.", EXAMPLES)
    return Target(word, SSH, word, path=f"/{unquote(path)}" if path else "", ssh=Ssh(host, user, port))


def _host_and_port(word: str, address: str) -> tuple:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+(?:%[\w%.-]+)?)\]|([^\[\]:]*))(?::(\d*))?", address)
    if not found:
        raise TargetError(f"'{word}' has no host that can be read; an IPv6 address stands in brackets.", EXAMPLES)
    host = unquote(found[1] or found[2])
    port = int(found[3] or 0)
    # An IPv6 address may begin with a colon.
    if not (HOST.fullmatch(host) or (found[1] and host)):
        raise TargetError(f"'{word}' names no host that SSH takes.", EXAMPLES)
    if found[3] is not None and not 0 < port < 65536:
        raise TargetError(f"'{word}' has no port between 1 and 65535.", EXAMPLES)
    return host, port


def _without_password(word: str) -> str:
    return re.sub(r"(//[^/@:]*:)[^/]*@", r"\1…@", word)
