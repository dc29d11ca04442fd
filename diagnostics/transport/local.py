"""This machine."""

from __future__ import annotations

import shlex
import subprocess

from ..targets import Target
from .process import TooMuch, talk
from .session import Session


class LocalTransport:
    """Runs scripts on this machine."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def run(self, script: str, timeout: float) -> bytes:
        """As Transport.run says."""
        session = Session(self.target, script)
        try:
            done = talk(shlex.split(session.command), session.input, timeout)
        except FileNotFoundError as missing:  # sudo
            return session.answer(b"", f"sudo: {missing.strerror}".encode())
        except subprocess.TimeoutExpired:
            raise session.late(timeout) from None
        except TooMuch:
            raise session.too_much() from None
        return session.answer(done.stdout, done.stderr)
