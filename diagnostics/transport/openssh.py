"""The OpenSSH client: it knows every setting, and costs a process a host."""

from __future__ import annotations

import re
import shlex
import subprocess
import time

from ..targets import Ssh, Target, TargetError
from . import settings, troubles
from .process import TooMuch, talk
from .session import KEEP, Session
from .settings import Settings

# On the command line they come before every file of settings.
FORCED = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
)
FAILED = 255  # ssh itself failed; other statuses are the command's


class OpensshTransport:
    """Runs scripts on a host by the OpenSSH client."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def run(self, script: str, timeout: float) -> bytes:
        """As Transport.run says."""
        session, ssh = Session(self.target, script), self.target.ssh
        if ssh.password:
            remedy = f"./cli.py diagnose --ssh paramiko {shlex.quote(self.target.word)}"
            raise TargetError(f"The OpenSSH client is never given the password of {ssh.name}.", remedy)
        until = time.monotonic() + timeout
        wanted = settings.read(ssh)
        command = [*_client(ssh, wanted), session.command]

        def once() -> bytes:
            with settings.admitted(wanted, until - time.monotonic()):
                done = talk(command, session.input, until - time.monotonic(), settings.environment())
            if done.returncode != FAILED:
                return session.answer(done.stdout, done.stderr)
            said = done.stderr.decode(errors="replace")
            if session.mark in done.stdout or re.search(r"^Connection to .* closed by remote host|client_loop", said):
                raise session.broken()
            raise trouble(ssh, said)

        try:
            return troubles.persistently(once, until)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise session.late(timeout) from None
        except TooMuch:
            raise session.too_much() from None


def _client(ssh: Ssh, wanted: Settings) -> list:
    """The command line of the client, all but the command on the host."""
    # A jump host's client says only at INFO why it does not go on to the target.
    level = "INFO" if ssh.hops else "ERROR"
    options = [*FORCED, f"LogLevel={level}", f"ConnectTimeout={max(1, round(wanted.connect_seconds))}"]
    if wanted.jumps:
        # By itself, the client would start a client for the jump host that may ask, and take a key that is not known.
        options.append(f"ProxyCommand={_through(wanted)}")
    # The flags come last, for they overrule an -A, -X or -t of the inventory.
    *words, dashes, host = ssh.arguments
    return ["ssh", *(word for each in options for word in ("-o", each)), *words, "-a", "-x", "-T", dashes, host]


def _through(wanted: Settings) -> str:
    """The ProxyCommand that goes through the jump hosts."""
    hop = wanted.jump_host()
    *words, dashes, host = _client(hop, settings.read(hop))
    # Each client reads its own % signs; those of the clients before it have passed one more.
    words = [word.replace("%", "%%") for word in words]
    return shlex.join([*words, "-W", "[%h]:%p", dashes, host])


def trouble(ssh: Ssh, said: str) -> TargetError:
    """What the OpenSSH client says when it fails, as a TargetError."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # It says nothing where the server resets the connection before they have agreed on keys.
    last = lines[-1][:KEEP] if lines else "ssh ended without a word"

    def find(pattern: str) -> re.Match | None:
        return re.search(pattern, said, re.M)

    if find("REVOKED HOST KEY"):
        return troubles.revoked_key(ssh, ssh.host)
    changed = find(r"Host key for (\S+) has changed")
    if changed:
        offending = find(r"Offending .*key.* in (.+):(\d+)")
        return troubles.changed_key(ssh, changed[1], *(offending.groups() if offending else ("known_hosts",)))
    unknown = find(r"No \S+ host key is known for (\S+) and you have requested strict checking")
    if unknown or find("Host key verification failed"):
        return troubles.unknown_key(ssh, unknown[1] if unknown else ssh.host)
    if find("Too many authentication failures"):
        return troubles.denied(ssh, ssh.user, troubles.TOO_MANY_KEYS)
    permission = find(r"^(?:(\S+)@\S+: )?Permission denied \((.*)\)")
    if permission:
        return troubles.denied(ssh, permission[1] or ssh.user, f"it takes: {permission[2]}")
    if find(r"^(?:command-line|/.*): line \d+|Bad configuration option|terminating, \d+ bad|Bad owner or permissions"):
        return troubles.wrong_settings("; ".join(lines[:2]))
    # The reason stands in the first line that has one; the last is often only that the connection closed.
    reason = find(r"^.*(?:Could not resolve|connect to host|open failed|Unable to negotiate|kex_exchange).*$")
    why = (reason[0].strip() if reason else last)[:KEEP]
    dropped = not lines or re.search("(kex_exchange_identification|connect to host).*(closed|reset)", why)
    return troubles.unreachable(ssh, why, troubles.Dropped if dropped else TargetError)
