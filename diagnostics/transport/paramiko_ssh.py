"""SSH within this process by paramiko: the quicker way to many hosts, and the only one that takes a password.

The settings come from the OpenSSH client (settings.py), the host keys from known_hosts.py. What paramiko cannot do is
Unsupported, and the OpenSSH client does it.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import shlex
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator

import paramiko
from paramiko.ssh_exception import BadAuthenticationType, IncompatiblePeer

from ..targets import REFUSED, Ssh, Target, TargetError
from . import known_hosts, settings, troubles
from .process import BLOCK, MOST
from .session import KEEP, Session
from .settings import Settings

# Without a handler, Python prints what a library logs, tracebacks too.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

# Settings that only the OpenSSH client knows, and their values that ask for nothing.
NOT_HERE = {
    "bindaddress": (),
    "bindinterface": (),
    "certificatefile": (),
    "hostbasedauthentication": ("no",),
    "knownhostscommand": ("none",),
    "pkcs11provider": ("none",),
    "proxyusefdpass": ("no",),
    "verifyhostkeydns": ("no", "false"),
}


class Unsupported(Exception):
    """What paramiko cannot do for this host, in a few words."""


class ParamikoTransport:
    """Runs scripts on a host by paramiko; ``otherwise`` does it where paramiko cannot."""

    def __init__(self, target: Target, otherwise=None) -> None:
        self.target = target
        self.otherwise = otherwise

    def run(self, script: str, timeout: float) -> bytes:
        """As Transport.run says."""
        until = time.monotonic() + timeout
        session = Session(self.target, script)

        def once() -> bytes:
            with ExitStack() as stack:
                client = _Connection(self.target.ssh, until, stack).open()
                status, stdout, stderr = _execute(client, session, until)
            if status < 0:
                raise session.broken()
            return session.answer(stdout, stderr)

        try:
            return troubles.persistently(once, until)
        except Unsupported as unsupported:
            if self.otherwise:
                return self.otherwise.run(script, until - time.monotonic())
            message = f"paramiko cannot reach {session.name}: {unsupported}."
            raise TargetError(message, f"./cli.py diagnose --ssh openssh {shlex.quote(self.target.word)}") from None
        except (_Late, TimeoutError):
            raise session.late(timeout) from None
        except (paramiko.SSHException, EOFError, OSError):
            raise session.broken() from None


class _Late(Exception):
    """The time is up."""


class _Connection:
    """An SSH connection to a host, over its jump hosts where it has some.

    Everything that it opens is closed by the stack.
    """

    def __init__(self, ssh: Ssh, until: float, stack: ExitStack) -> None:
        self.ssh, self.until, self.stack = ssh, until, stack
        self.settings = settings.read(ssh)
        _refuse_what_is_not_here(self.settings)

    def open(self) -> paramiko.Transport:
        """Connect, check the host's key, log in. Raises TargetError, Unsupported, _Late."""
        known = known_hosts.entries(self.settings.known_hosts, self.settings.known_as[0])
        with ExitStack() as gate:
            if not self.settings.jumps:
                gate.enter_context(settings.admitted(self.settings, self._left()))
            client = self._start(self._socket(), known)
            self._check_key(client.get_remote_server_key(), known)
            _Login(self.ssh, self.settings, client, self.until).do()
        return client

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Late
        return left

    def _socket(self):
        command = self.settings.get("proxycommand", "none")
        if self.settings.jumps:
            return self._through()
        if command != "none":
            return self._by(command)
        return self._direct()

    def _direct(self) -> socket.socket:
        wanted = self.settings
        family = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}.get(wanted.get("addressfamily"), 0)
        try:
            found = socket.getaddrinfo(wanted.host, wanted.port, family, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise troubles.unreachable(self.ssh, f"Could not resolve hostname {wanted.host}: {why}") from None
        why, dropped = "", False
        for kind, how, protocol, _, place in found:
            made = socket.socket(kind, how, protocol)
            self.stack.callback(made.close)
            made.settimeout(min(wanted.connect_seconds, self._left()))
            try:
                made.connect(place)
            except OSError as error:
                why = "Connection timed out" if isinstance(error, socket.timeout) else error.strerror or str(error)
                dropped = isinstance(error, ConnectionResetError)
                continue
            # Without it every small packet waits for the answer to the one before: nine times slower on loopback.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
        why = f"connect to host {wanted.host} port {wanted.port}: {why}"
        raise troubles.unreachable(self.ssh, why, troubles.Dropped if dropped else TargetError)

    def _through(self):
        """A channel through the last of the jump hosts."""
        hop = self.settings.jump_host()
        client = _Connection(hop, self.until, self.stack).open()
        place = (self.settings.host, self.settings.port)
        try:
            return client.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=self._left())
        except paramiko.ChannelException as error:
            why = f"{hop.name} does not connect to {place[0]} port {place[1]}: {error.text or error.code}"
            raise troubles.unreachable(self.ssh, why) from None

    def _by(self, command: str):
        """A socket to the ProxyCommand. (paramiko's own class turns in a circle when the command ends.)"""
        try:
            command = self.settings.fill(command)
        except KeyError as token:
            raise Unsupported(f"its ProxyCommand has the token %{token.args[0]}") from None
        here, there = socket.socketpair()
        with there:
            process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                stdin=there,
                stdout=there,
                stderr=subprocess.DEVNULL,
                env=settings.environment(),
            )
        self.stack.callback(_end, process)
        self.stack.callback(here.close)
        return here

    def _start(self, connected, known: list) -> paramiko.Transport:
        """Agree on keys with the server; its host key is wanted of a type that is known."""
        client = paramiko.Transport(connected)
        self.stack.callback(client.close)
        security = client.get_security_options()
        types = _ordered(security.key_types, self.settings.get("hostkeyalgorithms"), known)
        if not types:
            raise Unsupported("it knows none of the HostKeyAlgorithms that are set")
        security.key_types = types
        client.auth_timeout = client.channel_timeout = self._left()
        client.banner_timeout = min(self.settings.connect_seconds, self._left())  # as OpenSSH does it
        try:
            client.start_client(timeout=self._left())
        except IncompatiblePeer as error:
            raise Unsupported(f"they have no algorithm in common ({error})") from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            self._left()
            place = f"{self.settings.host} port {self.settings.port}"
            # paramiko's message does not tell that the server closed; the error in whose handling it arose does.
            ended = isinstance(error.__context__ or error, (EOFError, ConnectionError))
            why = f"{place}: no SSH server answers ({'connection closed' if ended else error})"
            dropped = ended and not client.remote_version
            raise troubles.unreachable(self.ssh, why, troubles.Dropped if dropped else TargetError) from None
        if not client.initial_kex_done:
            raise _Late
        return client

    def _check_key(self, key: paramiko.PKey, known: list) -> None:
        """Raises TargetError where the host's key is not known to be its own."""
        name, blob = self.settings.known_as[0], key.asbytes()
        # A key without a port's name counts for every port.
        others = [entry for other in self.settings.known_as[1:] for entry in self._entries(other)]
        if any(entry.mark == "@revoked" and entry.key == blob for entry in [*known, *others]):
            raise troubles.revoked_key(self.ssh, name)
        if any(entry.mark == "" and entry.key == blob for entry in [*known, *others]):
            return
        if any(entry.mark == "@cert-authority" for entry in [*known, *others]):
            raise Unsupported("its host key is signed by a certificate authority")
        for entry in known:
            if entry.mark == "" and entry.type == key.get_name():
                raise troubles.changed_key(self.ssh, name, entry.file, str(entry.line))
        raise troubles.unknown_key(self.ssh, name, _fingerprint(key))

    def _entries(self, name: str) -> list:
        return known_hosts.entries(self.settings.known_hosts, name)


class _Login:
    """Logs in with the keys of the agent and of files, in OpenSSH's order, then with a password if there is one."""

    def __init__(self, ssh: Ssh, wanted: Settings, client: paramiko.Transport, until: float) -> None:
        self.ssh, self.settings, self.client, self.until = ssh, wanted, client, until
        self.notes: list = []  # keys that could not be used, and why
        self.unknown_kinds = False

    def do(self) -> None:
        """Log in. Raises TargetError where nothing that we have lets us in."""
        takes: list = []
        if self.settings.get("pubkeyauthentication") not in ("no", "false"):
            with self._keys() as keys:
                for key in keys:
                    try:
                        takes = self.client.auth_publickey(self.settings.user, key)
                    except BadAuthenticationType as error:
                        takes = error.allowed_types
                        break
                    except paramiko.SSHException:
                        if not self.client.is_active():
                            self._denied(troubles.TOO_MANY_KEYS)
                        continue
                    if not takes:
                        return
                    break
        if self.ssh.password and not self._password():
            return
        self._denied(", ".join(takes) and f"it takes: {', '.join(takes)}")

    def _password(self) -> list:
        try:
            return self.client.auth_password(self.settings.user, self.ssh.password)
        except paramiko.SSHException:
            self.notes.append("the password is wrong, or passwords are not taken")
            return ["password"]

    def _denied(self, why: str) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Late
        if self.unknown_kinds or (self.settings.get("gssapiauthentication") == "yes" and _has_ticket()):
            raise Unsupported("there is a kind of key that it does not know")
        reasons = "; ".join(filter(None, [why or "none of the keys fits", *self.notes]))
        raise troubles.denied(self.ssh, self.settings.user, reasons)

    @contextmanager
    def _keys(self) -> Iterator:
        with ExitStack() as stack:
            yield self._in_order(stack)

    def _in_order(self, stack: ExitStack) -> Iterator:
        files = [file for file in self.settings.identities if Path(file).exists() or Path(f"{file}.pub").exists()]
        public = {_public(file): file for file in files}
        held = self._agent(stack)
        wanted = [key for key in held if key.blob in public]
        if self.settings.get("identitiesonly") != "yes":
            wanted += [key for key in held if key.blob not in public]
        yield from wanted
        tried = {key.blob for key in wanted}
        for file in files:
            if _public(file) not in tried:
                key = self._load(file)
                if key is not None:
                    yield key

    def _agent(self, stack: ExitStack) -> list:
        place = self.settings.get("identityagent", "SSH_AUTH_SOCK")
        if place == "none" or (place == "SSH_AUTH_SOCK" and not os.environ.get("SSH_AUTH_SOCK")):
            return []
        if place != "SSH_AUTH_SOCK" and self.settings.path(place) != os.environ.get("SSH_AUTH_SOCK"):
            raise Unsupported("it has an IdentityAgent of its own")
        try:
            agent = paramiko.Agent()
        except (paramiko.SSHException, OSError):
            return []
        stack.callback(agent.close)
        keys = list(agent.get_keys())
        self.unknown_kinds |= any(key.inner_key is None for key in keys)
        return [key for key in keys if key.inner_key is not None]

    def _load(self, file: str) -> paramiko.PKey | None:
        try:
            return paramiko.PKey.from_path(file)
        except TypeError:
            self.notes.append(f"{file} wants a passphrase, so add it to an agent (ssh-add {file})")
        except (OSError, ValueError, paramiko.SSHException) as error:
            if Path(file).is_file():
                why = error.strerror if isinstance(error, OSError) else "it is no key that paramiko knows"
                self.unknown_kinds |= not isinstance(error, OSError)
                self.notes.append(f"{file}: {why}")
        except Exception as error:
            # UnknownKeyType is no SSHException, and the library for keys has exceptions of its own.
            self.unknown_kinds = True
            self.notes.append(f"{file}: {type(error).__name__}")
        return None


def _execute(client: paramiko.Transport, session: Session, until: float) -> tuple:
    """Run the session's command; returns (exit status, output, errors). The status is negative where there is none."""

    def left() -> float:
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise _Late
        return seconds

    try:
        channel = client.open_session(timeout=left())
        channel.settimeout(left())
        channel.exec_command(session.command)
    except paramiko.ChannelException as error:
        message = f"{session.name} opens no session: {error.text or error.code}."
        raise TargetError(message, session.ssh.by_hand(), REFUSED) from None
    try:
        channel.sendall(session.input)
        channel.shutdown_write()
    except OSError:
        left()  # who is not let in does not read; what it said is read below
    stdout, stderr, size = [], [], 0
    while size <= MOST:
        while channel.recv_stderr_ready() and size <= MOST:
            stderr.append(channel.recv_stderr(BLOCK))
            size += len(stderr[-1])
        channel.settimeout(min(left(), 1))  # so that a host which only writes errors is heard
        try:
            block = channel.recv(BLOCK)
        except socket.timeout:
            continue
        if not block:
            break
        stdout.append(block)
        size += len(block)
    if size > MOST:
        raise session.too_much()
    if not channel.status_event.wait(left()):
        raise _Late
    while channel.recv_stderr_ready():
        stderr.append(channel.recv_stderr(BLOCK))
    return channel.exit_status, b"".join(stdout), b"".join(stderr)


def _refuse_what_is_not_here(wanted: Settings) -> None:
    for name, harmless in NOT_HERE.items():
        value = wanted.get(name)
        if value and value not in harmless:
            raise Unsupported(f"it does not know the setting {name} {value}"[:KEEP])
    # A connection that is shared already (with a second factor, say) is better than a new one.
    master = wanted.get("controlpath", "none")
    if master != "none" and "%" not in master and Path(master).expanduser().is_socket():
        raise Unsupported(f"it cannot use the shared connection {master}")


def _ordered(types: tuple, algorithms: str, known: list) -> tuple:
    """The types of host keys to ask for: those that are set, and first the ones that are known for this host."""
    wanted = [each for each in algorithms.split(",") if each in types] if algorithms else list(types)
    names = {entry.type for entry in known if entry.mark == ""}
    first = [each for each in wanted if each in names or (each.startswith("rsa-sha2-") and "ssh-rsa" in names)]
    return tuple(first + [each for each in wanted if each not in first])


def _public(file: str) -> bytes:
    """The public half beside a key, as an agent names it; a name that fits none where it is not there."""
    for path in (Path(f"{file}.pub"), Path(file)):
        try:
            words = path.read_text().split()
            if len(words) > 1 and not words[0].startswith("-"):
                return base64.b64decode(words[1])
        except (OSError, ValueError):
            continue
    return file.encode()


def _fingerprint(key: paramiko.PKey) -> str:
    """As ``ssh-keygen -l`` shows it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def _has_ticket() -> bool:
    return bool(os.environ.get("KRB5CCNAME")) or Path(f"/tmp/krb5cc_{os.getuid()}").exists()  # noqa: S108


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
