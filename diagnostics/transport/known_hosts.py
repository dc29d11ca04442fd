"""The known_hosts files as OpenSSH reads them: patterns, hashed names, ``@revoked`` and ``@cert-authority``.

paramiko's own reader knows neither patterns nor marks, so a revoked key would be taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Iterable


@dataclass(frozen=True)
class Entry:
    """A line: mark (``""``, ``@revoked``, ``@cert-authority``), names, type and key, and where it stands."""

    mark: str
    names: str
    type: str
    key: bytes
    file: str
    line: int

    def is_for(self, name: str) -> bool:
        """Whether the line is for a host; name in small letters, ``[name]:port`` for another port than 22."""
        if self.names.startswith("|1|"):
            return _hashed(self.names, name)
        patterns = self.names.lower().split(",")
        if any(_matches(pattern[1:], name) for pattern in patterns if pattern.startswith("!")):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


def entries(files: Iterable[str], name: str) -> list:
    """The lines that are for a host, in their order; a file that is not there, or is not readable, has none."""
    return [entry for file in files for entry in _read(file) if entry.is_for(name)]


def _read(file: str) -> tuple:
    try:
        about = os.stat(file)  # noqa: PTH116
    except OSError:
        return ()
    return _parse(file, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _parse(file: str, _mtime: int, _size: int) -> tuple:
    """Once for all hosts, as long as the file is the same."""
    found = []
    try:
        with open(file, errors="replace") as stream:
            for number, line in enumerate(stream, 1):
                words = line.split()
                mark = words.pop(0) if words and words[0].startswith("@") else ""
                if len(words) < 3 or words[0].startswith("#"):
                    continue
                try:
                    key = base64.b64decode(words[2])
                except (binascii.Error, ValueError):
                    continue
                found.append(Entry(mark, words[0], words[1], key, file, number))
    except OSError:
        return ()
    return tuple(found)


def _hashed(names: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in names.split("|")[2:4])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.S)


def _matches(pattern: str, name: str) -> bool:
    return pattern == name or (("*" in pattern or "?" in pattern) and bool(_pattern(pattern).fullmatch(name)))
