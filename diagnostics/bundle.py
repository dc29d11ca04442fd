"""Bundles: the facts of a client's hosts in one file that a customer can look into and send; see docs/bundle.md.

Whoever reads a bundle trusts nothing in it: nothing is unpacked to disk, and every size is bounded by what is read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import os
import re
import shlex
import stat
import tarfile
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Iterable, Sequence

from . import probe
from .facts import SCHEMA as FACTS_SCHEMA
from .facts import Facts

SCHEMA = 1  # of the manifest
TOP = "ninjalift-bundle"
SCRIPT = "ninjalift-bundle.sh"
MAX_HOSTS = 50
MAX_MEMBER = 8 * 1024**2  # bytes of one file in a bundle; the facts of a busy host are about 1 MiB
MAX_TOTAL = 64 * 1024**2  # bytes of a whole bundle, as sent and unpacked
MAX_VALUES = 300_000  # of a JSON document, for small values take far more memory than their text
MAX_DEPTH = 30  # of a JSON document; the facts are 6 deep
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
BLOCK = tarfile.BLOCKSIZE

MAKE_AGAIN = "./cli.py bundle TARGET -o bundle.tar.gz"
UPGRADE = "git pull && .venv/bin/pip install -r requirements.txt"

README = """\
This is a Ninjalift bundle: what a support engineer needs to know of an Invoice Ninja server to say what is wrong with
it. It was made by reading only. Nothing was sent anywhere: you decide whether you send this file.

{hosts}
What is in the hosts' files: versions of the operating system, PHP, web server and database; settings of Invoice Ninja
that hold no secret (the names of the others, not their values); permissions; jobs of cron and of the queue; how many
records there are; TLS certificates; and the lines of Invoice Ninja's logs that report errors.

Passwords, keys, tokens and personal data were replaced on the server, before anything was written. How often, by kind:
{redacted}
  email   an e-mail address, as <email:1a2b3c>: the same address always has the same six digits, which do not tell it
  name    a name of a person, client or company, likewise
  ip      a public IP address, likewise
  key     the key of a company, likewise
  secret  a value of the file .env
  token   what looks like a password, key or token
  text    values in error messages, other personal data (phone, address, notes), commands that are not Invoice Ninja's

What stays readable: names of hosts and domains, directories, system users, and what an error message says beside these.
The files are plain text (JSON). Look through them before you send them; leave out what you do not want to send:
without a host's file the rest can still be read.
"""


class BundleError(Exception):
    """A file that is no bundle, or cannot be read or written.

    message: one or two sentences, harmless on a terminal. remedy: the command that mends it.
    """

    def __init__(self, message: str, remedy: str = MAKE_AGAIN) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} Mend it with: `{self.remedy}`"


@dataclass(frozen=True)
class Host:
    """One host of a bundle.

    name: its name in the inventory, or what it is called by. role: ``v4``, ``v5`` or ``""``. document: its facts
    (docs/facts.md), None where it could not be reached; then unreachable says why, and remedy is what mends it.
    """

    name: str
    role: str
    document: dict[str, Any] | None
    unreachable: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds. client: as it was given, ``""`` where it was not. created: seconds since 1970, or None."""

    hosts: Sequence[Host]
    client: str = ""
    created: int | None = None


def redacted(documents: Iterable[dict[str, Any] | None]) -> dict[str, int]:
    """How many values the probes replaced, by kind, in all of these documents."""
    total: dict[str, int] = {}
    for document in documents:
        for kind, count in (((document or {}).get("probe") or {}).get("redacted") or {}).items():
            total[kind] = total.get(kind, 0) + count
    return dict(sorted(total.items()))


# The script for a customer without the tool


def script(salt: str = "") -> str:
    """SCRIPT: one POSIX sh file that makes the bundle of the host it runs on. Always the same text.

    salt: of the client (diagnostics.pseudonyms), so that its pseudonyms are those of the client's other bundles.
    """
    folder = Path(__file__).parent
    # As an unquoted here-document it may hold no more than these two parameters.
    readme = README.translate({ord(each): f"\\{each}" for each in "\\$`"}).format(hosts="$1", redacted="$2")
    parts = {
        "PROBE": probe.script(probe.Options(salt=salt)),
        "README": readme,
        "SCHEMA": str(SCHEMA),
    }
    template = (folder / "bundle.sh").read_text()
    return re.sub(r"@([A-Z]+)@", lambda match: parts[match[1]].rstrip("\n"), template)


# Writing


def write(path: Path, hosts: Sequence[Host], client: str = "", *, force: bool = False) -> dict[str, Any]:
    """Write a bundle of these hosts (mode 0600), all or nothing; returns its manifest.

    Raises BundleError where the file is there already (unless ``force``) or cannot be written.
    """
    files, entries = [], []
    for name, host in zip(_file_names(hosts), hosts):
        entry: dict[str, Any] = {"name": _one_line(host.name), "role": host.role}
        if host.document is None:
            entries.append({**entry, "unreachable": _one_line(host.unreachable), "remedy": _one_line(host.remedy)})
            continue
        data = json.dumps(host.document, indent=1, sort_keys=True).encode() + b"\n"
        files.append((f"hosts/{name}.json", data))
        digest = hashlib.sha256(data).hexdigest()
        entries.append({**entry, "file": files[-1][0], "sha256": digest, "bytes": len(data)})
    manifest = {
        "schema": SCHEMA,
        "created": int(time.time()),
        "client": _one_line(client),
        "tool": "./cli.py bundle",
        "hosts": entries,
        "redacted": redacted(host.document for host in hosts),
    }
    text = json.dumps(manifest, indent=1).encode() + b"\n"
    readme = readme_text(entries, manifest["redacted"]).encode()
    put(Path(path), _packed([("README.txt", readme), ("manifest.json", text), *files], manifest["created"]), force)
    return manifest


def readme_text(entries: Sequence[dict[str, Any]], counts: dict[str, int]) -> str:
    """README.txt of a bundle, for the person who looks into it before sending it."""
    hosts = "".join(
        f"  {each['file']}   the facts of {each['name']}, {each['bytes']} bytes\n"
        if "file" in each
        else f"  {each['name']} could not be reached: {each['unreachable']}\n"
        for each in entries
    )
    rows = "".join(f"  {kind}: {count}\n" for kind, count in counts.items()) or "  nothing\n"
    return README.format(hosts=hosts, redacted=rows)


def _one_line(text: str) -> str:
    """What a host said may have line ends and more; the reader takes lines only."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))


def _file_names(hosts: Sequence[Host]) -> list[str]:
    """A file name for each host: its own name where that is one, and never the same twice."""
    names: list[str] = []
    for host in hosts:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", host.name).strip(".-")[:80] or "host"
        names.append(plain if plain not in names else f"{plain}-{len(names) + 1}")
    return names


def _packed(files: Sequence[tuple[str, bytes]], now: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            member = tarfile.TarInfo(f"{TOP}/{name}")
            member.size, member.mode, member.mtime = len(data), 0o600, now
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def refuse(path: Path, force: bool) -> None:
    """Raises BundleError where no bundle can be put, as far as that can be known before."""
    shown, path = _shown(str(path)), Path(path)
    if path.is_dir():
        raise BundleError(f"{shown} is a directory.", f"./cli.py bundle TARGET -o {shown.rstrip('/')}/bundle.tar.gz")
    if not path.parent.is_dir():
        raise BundleError(f"There is no directory {_shown(str(path.parent))}.", f"mkdir -p {_quoted(path.parent)}")
    if not force and (path.exists() or path.is_symlink()):
        raise _exists(path)


def _exists(path: Path) -> BundleError:
    said = f"{_shown(str(path))} is there already, and was left as it is; --force replaces it."
    return BundleError(said, f"ls -l {_quoted(path)}")


def put(path: Path, data: bytes, force: bool) -> None:
    """Write the file with mode 0600; it appears whole or not at all. Raises BundleError."""
    refuse(path, force)
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if force:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)  # unlike a rename, it never replaces what came to be there meanwhile
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        said = f"{_shown(str(path))} cannot be written: {error.strerror or error}."
        raise BundleError(said, f"ls -ld {_quoted(path.parent)}; df -h {_quoted(path.parent)}") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


# Reading


def read(path: Path) -> Bundle:
    """What a bundle holds, or a file that has one host's facts as the probe printed them (gzip is undone).

    Raises BundleError for everything that is neither, or is damaged, forged, too large or of a newer schema.
    """
    shown = _shown(str(path))
    try:
        with _opened(path) as file:
            return _read(file, shown)
    except FileNotFoundError:
        raise BundleError(f"There is no file {shown}.", f"ls -l {_quoted(Path(path).parent)}") from None
    except (EOFError, zlib.error):
        raise BundleError(f"{shown} is damaged or was cut short on its way: its compression ends too early.") from None
    except gzip.BadGzipFile as error:
        raise BundleError(f"{shown} is damaged on its way: {_shown(str(error))}.") from None
    except PermissionError:
        raise BundleError(f"{shown} cannot be read: permission denied.", f"ls -l {_quoted(path)}") from None
    except OSError as error:
        raise BundleError(f"{shown} cannot be read: {error.strerror or error}.", f"ls -l {_quoted(path)}") from None


def _opened(path: Path) -> BinaryIO:
    """The file, opened so that no device and no pipe without a writer can make it wait or never end."""
    file: BinaryIO = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    status, shown = os.fstat(file.fileno()), _shown(str(path))
    if stat.S_ISFIFO(status.st_mode):  # `diagnose <(ssh …)`
        os.set_blocking(file.fileno(), True)
        with file:
            data = file.read(MAX_TOTAL + 1)
        if not data:
            raise BundleError(f"{shown} is empty.")
        return io.BytesIO(data)
    problem = ""
    if stat.S_ISDIR(status.st_mode):
        problem = f"{shown} is a directory, and a bundle is one file: give the .tar.gz as it was received."
    elif not stat.S_ISREG(status.st_mode):
        problem = f"{shown} is no regular file."
    elif status.st_size == 0:
        problem = f"{shown} is empty."
    elif status.st_size > MAX_TOTAL:
        problem = f"{shown} is larger than any bundle: {status.st_size} bytes, and {MAX_TOTAL} is the most."
    if problem:
        file.close()
        raise BundleError(problem)
    return file


def _read(file: BinaryIO, shown: str) -> Bundle:
    magic = file.read(2)
    file.seek(0)
    stream = _Bounded(gzip.GzipFile(fileobj=file) if magic == b"\x1f\x8b" else file, shown)
    block = stream.read(BLOCK)
    if block.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        rest = stream.read(MAX_MEMBER)
        stream.end()
        document = _facts(block + rest, shown)
        of = Facts(document)
        return Bundle([Host(str(of.get("host/name") or "host"), of.kind, document)])
    return _bundle(_members(stream, block, shown), shown)


@dataclass
class _Bounded:
    """Reads a stream up to MAX_TOTAL bytes and then refuses: a header's sizes are only claims."""

    source: Any
    shown: str
    total: int = 0
    # gzip gives at most as much as it is asked for, so a bomb is never larger in memory than one read.

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, fewer only at the end."""
        parts = []
        while size > 0:
            part = self.source.read(min(size, 65536))
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self.total += len(part)
            if self.total > MAX_TOTAL:
                raise BundleError(f"{self.shown} holds more than {MAX_TOTAL} bytes; no bundle is so large.")
        return b"".join(parts)

    def end(self) -> None:
        """Read what is left, so that the checksum of the compression is compared; keeps nothing of it."""
        while self.read(1 << 20):
            pass


def _members(stream: _Bounded, block: bytes, shown: str) -> dict[str, bytes]:
    """The files of the archive by their names below TOP; only such as a bundle has, each once.

    Reads the archive block by block itself: tarfile would follow extended headers, links and holes first.
    """
    found: dict[str, bytes] = {}
    while True:
        if len(block) < BLOCK and not found:
            raise BundleError(f"{shown} is no bundle of Ninjalift.")
        if len(block) < BLOCK:
            raise BundleError(f"{shown} was cut short on its way: its archive has no end.")
        if block == bytes(BLOCK):
            stream.end()
            return found
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except (tarfile.HeaderError, ValueError, ArithmeticError):
            problem = "its archive is damaged" if found else "it is no archive"
            raise BundleError(f"{shown} is no bundle of Ninjalift, or was damaged on its way: {problem}.") from None
        name = member.name
        if member.type == tarfile.DIRTYPE and name in (TOP, f"{TOP}/hosts") and member.size == 0:
            block = stream.read(BLOCK)
            continue
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise BundleError(f"{shown} is no bundle of Ninjalift: {_shown(name)} in it is no plain file.")
        plain = _plain_name(name)
        if not plain:
            raise BundleError(f"{shown} is no bundle of Ninjalift: it holds {_shown(name)}, which no bundle has.")
        if plain in found:
            raise BundleError(f"{shown} is no bundle of Ninjalift: it holds {plain} twice.")
        if len(found) >= MAX_HOSTS + 2:
            raise BundleError(f"{shown} holds more than {MAX_HOSTS} hosts.")
        if not 0 <= member.size <= MAX_MEMBER:
            raise BundleError(f"{shown} is no bundle of Ninjalift: {plain} in it claims to have {member.size} bytes.")
        data = stream.read(member.size)
        padding = stream.read(-member.size % BLOCK)
        if len(data) < member.size or len(padding) < -member.size % BLOCK:
            raise BundleError(f"{shown} was cut short on its way: it ends within {plain}.")
        found[plain] = data
        block = stream.read(BLOCK)


def _plain_name(name: str) -> str:
    """The name below TOP where a bundle has such a file, else ``""``."""
    top, _, rest = name.partition("/")
    folder, _, file = rest.rpartition("/")
    if top != TOP:
        return ""
    if rest in ("manifest.json", "README.txt"):
        return rest
    return rest if folder == "hosts" and file.endswith(".json") and NAME.fullmatch(file) else ""


def _bundle(files: dict[str, bytes], shown: str) -> Bundle:
    if "manifest.json" not in files:
        raise BundleError(f"{shown} is no bundle of Ninjalift: it has no {TOP}/manifest.json.")
    manifest = _json(files["manifest.json"], f"manifest.json of {shown}")
    _not_newer(manifest.get("schema"), SCHEMA, "bundle", shown)
    entries, client, created = manifest.get("hosts"), manifest.get("client", ""), manifest.get("created")
    if not isinstance(entries, list) or not entries or len(entries) > MAX_HOSTS:
        raise BundleError(f"The manifest of {shown} names no hosts, or more than {MAX_HOSTS}.")
    if not _line(client) or not (created is None or type(created) is int):
        raise BundleError(f"The manifest of {shown} is wrong: client must be a text, created a number.")
    hosts = [_host(entry, files, shown) for entry in entries]
    if len({host.name for host in hosts}) < len(hosts):
        raise BundleError(f"The manifest of {shown} names a host twice.")
    unnamed = set(files) - {"manifest.json", "README.txt"} - {each.get("file") for each in entries}
    if unnamed:
        raise BundleError(f"{shown} holds {min(unnamed)}, which its manifest does not name.")
    return Bundle(hosts, client, created)


def _host(entry: Any, files: dict[str, bytes], shown: str) -> Host:
    wrong = BundleError(f"The manifest of {shown} is wrong: a host has no name, or a value that it must not have.")
    if not isinstance(entry, dict):
        raise wrong
    name, role, file, digest = (entry.get(key) for key in ("name", "role", "file", "sha256"))
    reason, remedy = entry.get("unreachable"), entry.get("remedy", "")
    if not _line(name) or not name or len(name) > 200 or role not in ("v4", "v5", ""):
        raise wrong
    if _line(reason) and _line(remedy) and file is None:
        return Host(name, role, None, reason[:2000] or "no reason was given", remedy[:2000])
    if not isinstance(file, str) or not (digest is None or isinstance(digest, str)):
        raise wrong
    if file not in files:
        # Taken out by the customer, who may do that.
        return Host(name, role, None, f"its facts are not in {shown}", MAKE_AGAIN)
    if digest is not None and digest != hashlib.sha256(files[file]).hexdigest():
        raise BundleError(
            f"{file} in {shown} was changed or damaged after the bundle was made: its checksum is another."
        )
    document = _facts(files[file], f"{file} in {shown}")
    return Host(name, role or Facts(document).kind, document)


def _line(value: Any) -> bool:
    """Whether it is a text of one line, without what could steer a terminal."""
    return isinstance(value, str) and value.isprintable()


def _facts(data: bytes, what: str) -> dict[str, Any]:
    document = _json(data, what)
    if "schema" not in document or "probe" not in document:
        raise BundleError(f"{what} is JSON, but not the facts of a host.")
    _not_newer(document["schema"], FACTS_SCHEMA, "facts document", what)
    problem = probe.validate(document)
    if problem:
        raise BundleError(f"{what} does not hold the facts of a host: {_shown(problem, 300)}.")
    return document


def _not_newer(schema: Any, known: int, noun: str, what: str) -> None:
    if type(schema) is not int or schema < 1:
        raise BundleError(f"{what} does not say which schema it has.")
    if schema > known:
        raise BundleError(
            f"{what} was made by a newer Ninjalift: {noun} of schema {schema}, and this one reads {known}.", UPGRADE
        )


def _json(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in data; refuses what is valid for Python's parser but harms what reads it later."""
    if len(data) > MAX_MEMBER:
        raise BundleError(f"{what} is larger than {MAX_MEMBER} bytes.")
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise BundleError(f"{what} holds more values than any facts have.")

    def number(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError("a number is too large")
        return value

    def constant(text: str) -> None:
        raise ValueError(f"it holds {text}, which is not JSON")

    try:
        document = json.loads(data.decode("utf-8-sig"), parse_float=number, parse_constant=constant)
        if isinstance(document, dict) and _depth(document) > MAX_DEPTH:
            raise RecursionError
        json.dumps(document, ensure_ascii=False).encode()  # lone surrogates cannot be printed
    except UnicodeError:
        raise BundleError(f"{what} is no text in UTF-8.") from None
    except RecursionError:
        raise BundleError(f"{what} is nested deeper than any facts are.") from None
    except ValueError as error:
        raise BundleError(f"{what} is no JSON, or was cut short: {_shown(str(error))}.") from None
    if not isinstance(document, dict):
        raise BundleError(f"{what} is JSON, but not the facts of a host.")
    return document


def _depth(value: Any) -> int:
    """How deep lists and objects are nested; counted without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
    return depth


def _quoted(path: Path) -> str:
    """For a command that can be pasted, where the path can be."""
    return _shown(shlex.quote(str(path)), 1000)


def _shown(text: str, most: int = 100) -> str:
    """Text of a stranger as it may stand in a message: short, and quoted where it holds more than plain characters."""
    short = text if len(text) <= most else f"{text[:most]}…"
    return short if short.isprintable() and short.strip() == short and short else repr(short)
