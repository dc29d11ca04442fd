"""Log files as pieces of bytes: plain, compressed, rotated, standard input; what cannot be read says why."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shlex
import stat
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

from .records import LIMIT, Format, format_of, header

STDIN = "-"
PIECE = 1 << 18
_MAGIC = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_OTHERS = ((b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"), (b"PK\x03\x04", "zip", "unzip -p"))
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, OSError)


class FileError(Exception):
    """A file cannot be read. message: a sentence. remedy: the command that mends it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} Mend it with: `{self.remedy}`"


@dataclass
class LogFile:
    """One log, or a part of one.

    name: as it was given, `-` is standard input. start, stop: the part of a plain file. bytes: how many were read.
    note: what is odd about it, once it was read.
    """

    name: str
    bytes: int = 0
    note: str = ""
    start: int = 0
    stop: int | None = None

    def pieces(self) -> Iterator[bytes]:
        """Its content, unpacked, in pieces of at most PIECE bytes; raises FileError where it cannot be opened."""
        with self._open() as raw:
            start = raw.peek(8)[:8]
            for magic, program, command in _OTHERS:
                if start.startswith(magic):
                    shown = "FILE" if self.name == STDIN else shlex.quote(self.name)
                    raise FileError(
                        f"{self.name} is packed with {program}.", f"{command} {shown} | ./cli.py scan-log {STDIN}"
                    )
            opener = next((each for magic, each in _MAGIC if start.startswith(magic)), None)
            stream = opener(raw) if opener else raw
            if self.start:
                raw.seek(self.start)
            left = PIECE if self.stop is None else self.stop - self.start
            try:
                while left:
                    # One read at a time, so that what comes before a broken end is not lost.
                    piece = stream.read1(PIECE) if opener else stream.read(min(PIECE, left))
                    if not piece:
                        break
                    left -= len(piece) if self.stop is not None else 0
                    self.bytes += len(piece)
                    yield piece
            except _BROKEN as error:
                if opener:
                    self.note = "it is cut short or damaged; what could be unpacked was read"
                else:
                    self.note = f"reading it ended early: {error.strerror or error}"
        if not self.bytes and not self.note:
            self.note = "it is empty"

    def parts(self, count: int, least: int) -> list[LogFile]:
        """The file in at most ``count`` parts of at least ``least`` bytes, each of which begins with a record.

        Itself alone where it is packed, short, or no plain file.
        """
        if self.name == STDIN:
            return [self]
        about = Path(self.name).stat()
        count = min(count, about.st_size // least)
        if count < 2 or not stat.S_ISREG(about.st_mode):
            return [self]
        with self._open() as raw:
            if raw.peek(8).startswith(tuple(magic for magic, *_ in (*_MAGIC, *_OTHERS))):
                return [self]
            form = format_of(raw.read(PIECE))
            cuts = {_record_at(raw, form, about.st_size * number // count) for number in range(1, count)} - {0}
        ends = [0, *sorted(cuts), None]
        return [LogFile(self.name, start=start, stop=stop) for start, stop in zip(ends, ends[1:])]

    def _open(self) -> io.BufferedReader:
        try:
            if self.name == STDIN:
                return open(sys.stdin.fileno(), "rb", buffering=PIECE, closefd=False)
            return open(self.name, "rb", buffering=PIECE)
        except (OSError, ValueError, io.UnsupportedOperation) as error:
            raise _reason(self.name, error) from error

    def began(self) -> str:
        """The time of its first record, ``""`` where it has none or is no file that can be read twice."""
        if self.name == STDIN or not stat.S_ISREG(Path(self.name).stat().st_mode):
            return ""
        fresh = LogFile(self.name)
        pieces = fresh.pieces()
        piece = next(pieces, b"")
        pieces.close()
        if not piece:
            return ""
        form = format_of(piece)
        start = 0 if form.is_start(piece, 0) else form.next_start(piece, 0)
        return header(piece[start : start + 256]).at if start >= 0 else ""


def _record_at(raw: io.BufferedReader, form: Format, place: int) -> int:
    """The beginning of the first record from ``place`` on, 0 where none is near. A mail around it stays whole."""
    raw.seek(place - LIMIT)
    around = raw.read(2 * LIMIT)
    for start, _ in form.records(around, max(0, form.next_start(around, 0)), len(around)):
        if start >= LIMIT:
            return place - LIMIT + start
    return 0


def in_order(names: Iterable[str]) -> list[LogFile]:
    """The files, oldest first by their own first records, each once; raises FileError for one that cannot be read.

    Files without a time, and standard input, come last, as they were given.
    """
    found = []
    for name in dict.fromkeys(names):
        if name != STDIN:
            _must_be_readable(name)
        made = LogFile(name)
        found.append((made.began(), made))
    return [made for _, made in sorted(found, key=lambda each: (each[0] == "", each[0]))]


def _must_be_readable(name: str) -> None:
    try:
        if stat.S_ISDIR(Path(name).stat().st_mode):
            inside = f"{shlex.quote(name.rstrip('/') or '/')}/*.log*"
            raise FileError(f"{name} is a directory.", f"./cli.py scan-log {inside}")
        if stat.S_ISREG(Path(name).stat().st_mode):
            with open(name, "rb"):
                pass
    except (OSError, ValueError) as error:
        raise _reason(name, error) from error


def _reason(name: str, error: Exception) -> FileError:
    quoted = shlex.quote(name)
    if isinstance(error, PermissionError):
        return FileError(f"{name} may not be read by this user.", f"sudo ./cli.py scan-log {quoted}")
    if isinstance(error, FileNotFoundError):
        parent = Path(name).parent
        while not parent.exists() and parent != parent.parent:
            parent = parent.parent
        return FileError(f"{name} does not exist.", f"ls {shlex.quote(str(parent))}")
    return FileError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.", f"ls -l {quoted}")
