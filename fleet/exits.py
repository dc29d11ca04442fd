"""The exit statuses of the command line, everywhere the same, and the error that a user can mend."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status means; ``meaning`` is the sentence of --help and of docs/cli.md."""

    OK = 0
    BROKEN = 1
    USAGE = 2
    FAIL = 3
    WARN = 4
    UNREACHABLE = 5

    @property
    def meaning(self) -> str:
        return {
            Exit.OK: "all well",
            Exit.BROKEN: "the tool itself failed, or was stopped by hand",
            Exit.USAGE: "wrong usage or configuration",
            Exit.FAIL: "at least one check failed, or a step could not be done",
            Exit.WARN: "only warnings (with --strict)",
            Exit.UNREACHABLE: "a host was unreachable",
        }[self]


EDIT = "${EDITOR:-nano}"  # how a command that mends something opens a file


class UsageError(Exception):
    """Wrong usage or configuration.

    message: one sentence, what is wrong and where; it holds no secret. remedy: the command that mends it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} Mend it with: `{self.remedy}`"
