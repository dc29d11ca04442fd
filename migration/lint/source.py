"""Opens an export: a zip with ``migration.json``, or that JSON alone; from a file or a stream that cannot be wound
back.

What V5 makes of a broken archive is here too (StartMigration.php of 5.10.17, and PHP's ZipArchive).
"""

from __future__ import annotations

import codecs
import io
import re
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import Callable, NamedTuple

MEMBER = "migration.json"
ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
JSON_START = re.compile(rb"[\s{\[\"\-0-9tfn]")
MARKS_OF_ORDER = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
BROKEN = "Invalid or uninitialized Zip object"
NO_MEMBER = "Migration file does not exist, or it is corrupted."
NOT_JSON = "Trying to access array offset on value of type null"
# Nobody's export is packed tighter; a bomb is 1,032:1.
MAX_RATIO = 600
RATIO_FROM = 64 * 1024 * 1024
ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
DIRECTORY = "file_get_contents(): Read of 12288 bytes failed with errno=21 Is a directory"


class Unreadable(Exception):
    """V5 cannot read the export, or would not get through it. id, detail: for the problem; message: V5's own words."""

    def __init__(self, id: str, detail: str, message: str) -> None:
        super().__init__(detail)
        self.id = id
        self.detail = detail
        self.message = message


class Opened(NamedTuple):
    """text: the JSON as a stream of characters; extras: other files in the archive; damaged: whether what was read
    so far
    to its end does not match the archive's checksum, which V5 does not look at."""

    text: _Text
    extras: tuple
    damaged: Callable[[], bool]


@contextmanager
def rewindable(stream):
    """The stream, or a copy that can be wound back: a zip's table of contents is at its end.

    The copy is a file without a name, which ends with the program.
    """
    try:
        if stream.seekable():
            yield stream
            return
    except AttributeError:
        pass
    with tempfile.TemporaryFile(prefix="ninjalift-") as held:
        shutil.copyfileobj(stream, held)
        yield held


@contextmanager
def opened(stream, name: str = ""):
    """Open an export from the beginning of a binary stream; yields ``Opened``. Raises Unreadable, also while it is
    read.

    name: the file's name, which decides where its first bytes do not.
    """
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    packed = start.startswith(ZIP_MARKS) or name.lower().endswith(".zip")
    if not packed and start and not JSON_START.match(start) and not start.startswith(MARKS_OF_ORDER):
        raise Unreadable("archive-broken", "It is neither a zip nor JSON", BROKEN)
    with _text(stream, packed) as result:
        yield result


@contextmanager
def _text(stream, packed: bool):
    if not packed:
        yield Opened(_Text(stream, False), (), lambda: False)
        return
    try:
        archive = zipfile.ZipFile(stream)
        stream.seek(0)
        if not stream.read(4).startswith(ZIP_MARKS):
            raise zipfile.BadZipFile("something stands before its beginning")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _broken(stream, error) from None
    with archive:
        info, extras = _member(archive)
        try:
            with archive.open(info) as raw:
                raw._expected_crc = None  # PHP does not look at it either
                text = _Text(raw, True)
                yield Opened(text, extras, lambda: text.crc != info.CRC)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise Unreadable("archive-damaged", "The zip is damaged: its data cannot be unpacked", NOT_JSON) from None


class _Text:
    """The characters of a stream of UTF-8, block by block; with ``counted``, its checksum too."""

    def __init__(self, stream, counted: bool) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._counted = counted
        self._bytes = 0
        self.crc = 0

    def read(self, size: int) -> str:
        """What the next ``size`` bytes say; "" at the end. Raises UnicodeDecodeError with the place in the whole
        stream.
        """
        while True:
            block = self._stream.read(size)
            if self._counted:
                self.crc = zlib.crc32(block, self.crc)
            try:
                text = self._decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                error.start += self._bytes
                raise
            self._bytes += len(block)
            if text or not block:
                return text


def _broken(stream, error: Exception) -> Unreadable:
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    start = stream.read(4)
    if not size:
        return Unreadable("archive-empty", "The file is empty", NO_MEMBER)
    if start.startswith(ZIP_MARKS[:1]):
        return Unreadable(
            "archive-broken", "The zip is cut short or damaged: its table of contents is missing at its end", BROKEN
        )
    return Unreadable("archive-broken", f"It is not a zip that can be read ({error})", BROKEN)


def _member(archive: zipfile.ZipFile):
    """The file that V5 reads, and the names of the others. Of two with one name PHP takes the first."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    found = [info for info in files if _relative(info.filename) == MEMBER]
    if any(
        _relative(info.filename).startswith(MEMBER + "/") or (info.is_dir() and _relative(info.filename) == MEMBER)
        for info in archive.infolist()
    ):
        raise Unreadable("archive-no-member", f"{MEMBER} is a folder in the zip", DIRECTORY)
    others = tuple(info.filename for info in files if info not in found[:1])
    if not found:
        exports = [info.filename for info in files if info.filename.rpartition("/")[2].endswith(".json")]
        inside = ", ".join(info.filename for info in files[:5]) or "nothing"
        many = "; V5 takes one company a zip" if len(exports) > 1 else ""
        raise Unreadable("archive-no-member", f"The zip holds no {MEMBER} but {inside}{many}", NO_MEMBER)
    info = found[0]
    if info.flag_bits & ENCRYPTED or info.compress_type not in METHODS:
        why = "encrypted" if info.flag_bits & ENCRYPTED else "packed in a way that PHP does not know"
        raise Unreadable("archive-no-member", f"{MEMBER} is {why}", NO_MEMBER)
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise Unreadable(
            "archive-bomb",
            f"{MEMBER} says it unpacks from {info.compress_size:,} to {info.file_size:,} bytes: that is no export",
            NOT_JSON,
        )
    return info, others


def _relative(name: str) -> str:
    """Where PHP unpacks it to: without a leading /, . and .. in it."""
    parts: list = []
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
