"""Read and edit a .env file as phpdotenv does, keeping every line that is not ours.

The rules are those of vlucas/phpdotenv 5.6 (V5, Laravel 11) and 3.6 (V4, Laravel 6):
comments, ``export``, quotes, escapes, values over several lines, ``${NAME}``. In both, a name that is defined twice has
its LAST value. They differ in one thing: 3.6 knows escapes and ``${NAME}`` inside single quotes too (``old=True``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple

from .errors import MigrationError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_QUOTE_MARK = re.compile(r'(?=[^\\]")')
_REFERENCE = re.compile(r"\$\{([a-zA-Z0-9_.]+)\}")
_NAME = re.compile(r"[\w.]+")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+=-]+")
_TRIM = " \n\r\t\0\x0b"
_SPACE = " \t\n\r\v\f"
_ESCAPES = {"f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Entry(NamedTuple):
    """One definition, comment or blank line.

    raw: its text with line endings, as in the file. name: the variable, "" where it defines none.
    text: what stands right of the equals sign, trimmed; None where there is none. number: its first line, from 1.
    """

    raw: str
    name: str
    text: str | None
    number: int


def entries(content: str, where: str = ".env") -> list[Entry]:
    """Split a .env file into its entries; joined again, their ``raw`` gives the file.

    Raises MigrationError (env-invalid) where phpdotenv would refuse the file or lose the rest of it.
    """
    found: list[Entry] = []
    buffer: list[str] = []
    start = 0
    for number, raw in enumerate(_LINE.findall(content), 1):
        line = raw.rstrip("\r\n")
        if not buffer:
            start = number
            open_quote = '="' in line and not _closes(line, started=True)
        else:
            open_quote = not _closes(line, started=False)
        buffer.append(raw)
        if not open_quote:
            found.append(_entry("".join(buffer), start, where))
            buffer = []
    if buffer:
        raise _invalid(where, start, "opens a double quote that is never closed")
    return found


def _closes(line: str, started: bool) -> bool:
    if line == '"':
        return True
    return len(_QUOTE_MARK.findall(line.replace("\\\\", ""))) > (1 if started else 0)


def _entry(raw: str, number: int, where: str) -> Entry:
    stripped = raw.strip(_TRIM)
    if not stripped or stripped.startswith("#"):
        return Entry(raw, "", None, number)
    name, equals, text = stripped.partition("=")
    name = name.strip(_TRIM)
    if name.startswith("export") and len(name) > 8 and name[6] in _SPACE:
        name = name[6:].lstrip(_SPACE)
    if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    if not _NAME.fullmatch(name):
        raise _invalid(where, number, "does not begin with a name and an equals sign")
    return Entry(raw, name, text.strip(_TRIM) if equals else None, number)


def _invalid(where: str, number: int, what: str) -> MigrationError:
    return MigrationError(f"Line {number} of {where} {what}", f"sed -n {number}p {where}", "env-invalid")


class _Scan(NamedTuple):
    value: str
    references: list[int]
    comment: str


def _scan(entry: Entry, where: str, old: bool = False) -> _Scan:
    """Read one value: the text without quotes, where a ``$`` may begin a reference, and the comment behind it."""
    text = entry.text or ""
    value: list[str] = []
    references: list[int] = []
    state = "begin"
    quote = ""
    for position, char in enumerate(text):
        if state == "escape":
            if char in ("\\", quote) or (char == "$" and not old):
                value.append(char)
            elif char in _ESCAPES:
                value.append(_ESCAPES[char])
            else:
                raise _invalid(where, entry.number, "has a backslash before a character that needs none")
            state = "quoted"
        elif state == "quoted":
            if char == quote:
                state = "space"
            elif char == "\\" and (quote == '"' or old):
                state = "escape"
            else:
                if char == "$" and (quote == '"' or old):
                    references.append(len(value))
                value.append(char)
        elif state == "begin" and char in "'\"":
            state, quote = "quoted", char
        elif char == "#":
            spaced = state == "begin" or text[position - 1] in _SPACE
            return _Scan("".join(value), references, text[position:] if spaced else "")
        elif state == "space":
            if char not in _SPACE:
                raise _invalid(where, entry.number, "has white space in a value without quotes")
        elif char in _SPACE:
            state = "space"
        else:
            if char == "$":
                references.append(len(value))
            value.append(char)
            state = "plain"
    if state in ("quoted", "escape"):
        raise _invalid(where, entry.number, "opens a quote that is never closed")
    return _Scan("".join(value), references, "")


def _resolve(scan: _Scan, known: Mapping[str, str | None]) -> str:
    value = scan.value
    for index in reversed(scan.references):
        match = _REFERENCE.match(value, index)
        if match and known.get(match.group(1)) is not None:
            value = value[:index] + str(known[match.group(1)]) + value[match.end() :]
    return value


def parse(content: str, old: bool = False, where: str = ".env") -> dict[str, str | None]:
    """Return what phpdotenv would set from this text: name to value, None for a name without an equals sign.

    old: phpdotenv 3.6, as in V4. The process's own environment is not looked at.
    Raises MigrationError (env-invalid).
    """
    found: dict[str, str | None] = {}
    for entry in entries(content, where):
        if entry.name:
            found[entry.name] = None if entry.text is None else _resolve(_scan(entry, where, old), found)
    return found


def read(path: Path, old: bool = False) -> dict[str, str | None]:
    """Parse the file; raises MigrationError (env-missing, env-unreadable, env-invalid)."""
    try:
        content = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        raise MigrationError(
            f"There is no Invoice Ninja at {Path(path).parent}: {path} does not exist",
            "find / -xdev -name artisan -not -path '*/vendor/*'  # then set v4_root or v5_root",
            "env-missing",
        ) from None
    except OSError as error:
        raise MigrationError(
            f"{path} cannot be read: {error.strerror}", f"ls -ld {path} {Path(path).parent}", "env-unreadable"
        ) from None
    return parse(content, old, str(path))


def quote(value: str) -> str:
    """Write a value so that both phpdotenv versions read it back unchanged.

    Single quotes only where nothing needs an escape, for they know none in phpdotenv 5.
    Raises MigrationError (env-value) for a NUL byte, which no environment can hold.
    """
    if "\0" in value:
        raise MigrationError("A value for .env holds a NUL byte", id="env-value")
    if not value or _PLAIN.fullmatch(value):
        return value
    if "$" in value and not re.search(r"['\"\\\r\n\t\f\v]", value):
        return f"'{value}'"
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    for letter, char in _ESCAPES.items():
        text = text.replace(char, "\\" + letter)
    return f'"{text}"'


def edit(
    content: str, values: Mapping[str, str], absent: Iterable[str] = (), where: str = ".env"
) -> tuple[str, list[str]]:
    """Set and remove variables and return the new text and the sorted names that changed.

    Where a name is defined more than once its last definition counts, so that one is rewritten. A definition whose
    value is right already stays as it is written, and so do comments, order, line endings and unknown lines. New
    names go to the end.
    Raises MigrationError (env-invalid, env-value).
    """
    for name in list(values) + list(absent):
        if not _NAME.fullmatch(name):
            raise MigrationError(f"'{name}' is no name for a variable in {where}", id="env-value")
    found = entries(content, where)
    current = parse(content, where=where)
    wanted = {name: value for name, value in values.items() if name not in current or current[name] != value}
    gone = set(absent) & set(current)
    last = {entry.name: index for index, entry in enumerate(found) if entry.name}
    newline = "\r\n" if "\r\n" in content else "\n"
    result: list[str] = []
    for index, entry in enumerate(found):
        if entry.name in gone:
            continue
        rewrite = entry.name in wanted and last[entry.name] == index
        result.append(_rewrite(entry, wanted[entry.name], where) if rewrite else entry.raw)
    new = [name for name in wanted if name not in current]
    if new and result and not result[-1].endswith(("\n", "\r")):
        result.append(newline)
    result.extend(f"{name}={quote(wanted[name])}{newline}" for name in new)
    return "".join(result), sorted(gone | set(wanted))


def _rewrite(entry: Entry, value: str, where: str) -> str:
    ending = entry.raw[len(entry.raw.rstrip("\r\n")) :]
    export = "export " if entry.raw.lstrip(_TRIM).startswith(("export ", "export\t")) else ""
    comment = _scan(entry, where).comment if entry.text is not None else ""
    return f"{export}{entry.name}={quote(value)}{' ' + comment if comment else ''}{ending}"
