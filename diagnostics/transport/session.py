"""What every transport has in common: the command on the host, and how its output is told from a login shell's."""

from __future__ import annotations

import re
import secrets
import shlex

from ..targets import LOCAL, REFUSED, UNREACHABLE, Target, TargetError
from .process import MOST

KEEP = 300  # characters of what a host said, in a sentence
# All of the script is read before it runs, so that no command in it can take the rest; and `sh -s` reads a pipe letter
# by letter with bash, which takes a third of a second for the probe.
READ = 'eval "$(cat)"'
SHELL = f"sh -c {shlex.quote(READ)}"
AS_ROOT = f'test "$(id -u)" = 0 || exec sudo -n {SHELL}; {READ}'
# sudo reads its password from the first line, or leaves it there where it needs none; the script is behind the mark.
BEHIND_MARK = f'while IFS= read -r line; do test "$line" = "$0" && break; done; {READ}'


class Session:
    """One run of a script on a host: what to start there, what to send, and what its answer means."""

    def __init__(self, target: Target, script: str) -> None:
        self.ssh = target.ssh
        self.name = self.ssh.name if self.ssh else "this machine" if target.kind == LOCAL else target.name
        self.sudo, self.password = target.sudo, target.become_password
        mark = secrets.token_hex(12)
        self.mark = mark.encode() + b"\n"
        # Shells print what they like before (a greeting in .bashrc); the mark is where the script begins.
        sent = f"echo {mark}\n{script}\n"
        self.command = SHELL
        if self.sudo and self.password:
            self.command = f"sudo -S -p '' sh -c {shlex.quote(BEHIND_MARK)} {mark}"
            sent = f"{self.password}\n{mark}\n{sent}"
        elif self.sudo:
            self.command = f"sh -c {shlex.quote(AS_ROOT)}"
        self.input = sent.encode()

    def answer(self, stdout: bytes, stderr: bytes) -> bytes:
        """What the script printed. Raises TargetError where it was never begun."""
        before, found, after = stdout.partition(self.mark)
        if found:
            return after
        said = stderr.decode(errors="replace")
        if self.sudo and "sudo:" in said:
            raise self._no_sudo(next(line.strip() for line in said.splitlines() if "sudo:" in line)[:KEEP])
        words = " ".join(f"{before.decode(errors='replace')} {said}".split())[:KEEP]
        message = f"{self.name} was reached, but did not run sh; it said: {words or 'nothing'}."
        raise TargetError(message, self._by_hand("sh -c id"), REFUSED)

    def late(self, timeout: float) -> TargetError:
        """The time is up."""
        message = f"{self.name} did not answer to the end within {timeout:.0f} seconds."
        return TargetError(message, self._by_hand("uptime"), UNREACHABLE)

    def too_much(self) -> TargetError:
        """It prints on and on."""
        message = f"{self.name} printed more than {MOST >> 20} MiB, which no facts are, and was not heard to the end."
        return TargetError(message, self._by_hand("sh -c id | head"), REFUSED)

    def broken(self) -> TargetError:
        """The connection ended before the script did."""
        return TargetError(
            f"The connection to {self.name} broke before it had answered.", self._by_hand("uptime"), UNREACHABLE
        )

    def _no_sudo(self, said: str) -> TargetError:
        user = (self.ssh.user if self.ssh else "") or "the user"
        if re.search(r"not found|No such file", said):
            message = f"There is no sudo on {self.name}, and {user} is not root."
        elif self.password:
            message = f"sudo on {self.name} does not take the password of {user}: {said}."
        else:
            message = (
                f"{user} may not use sudo without a password on {self.name}: {said}. Allow it in the host's sudoers,"
                " set ansible_become_password for a client of the inventory, or look without sudo."
            )
        return TargetError(message, self._by_hand("sudo -l"), REFUSED)

    def _by_hand(self, command: str) -> str:
        return self.ssh.by_hand(command) if self.ssh else command
