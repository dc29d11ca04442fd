"""Records of a log: where each begins, when it was written, at which level, and what it says.

Known are Laravel's logs of V4 and V5 (`[2026-11-23 17:40:42] production.ERROR: …`, also with microseconds and a zone),
what PHP and its FPM, nginx and Apache write, any of these behind a prefix of syslog or of a container's log, lines that
begin with a date, and plain text. A record goes on until the next one begins: stack traces and mails belong to it.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime, timezone
from typing import Iterator, NamedTuple

_LARAVEL = rb"\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\]\n]{0,24}\] [\w.-]+\.[A-Z]+:"
_PHP = rb"\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d[^\]\n]{0,40}\] "
_APACHE = rb"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d[^\]\n]{0,20}\] \["
_NGINX = rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \["
_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_SYSLOG = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
_CONTAINER = rb"(?:[\w.-]{1,64} +\| )?"
_STRONG = rb"(?:" + rb"|".join((_LARAVEL, _PHP, _APACHE, _NGINX)) + rb")"
_WEAK = rb"(?:" + rb"|".join((_LARAVEL, _PHP, _APACHE, _NGINX, _ISO, _SYSLOG)) + rb")"

_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_PARSE = re.compile(
    rb"(?:[\w.-]{1,64} +\| )?"
    rb"(?:(?P<iso>\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d)(?P<zone>[^\]\s]{0,24})"
    rb"|\[(?P<php>\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)[^\]\n]{0,40}"
    rb"|\[[A-Z][a-z]{2} (?P<apache>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)[\d.]* (?P<year>\d{4})"
    rb"|(?P<syslog>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d))\]? ?"
)
_USUAL = re.compile(rb"\[(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[^\]\n]{0,24}\] ([\w-]+(?:\.[\w-]+)*)\.([A-Z]+): ?")
_SENDER = re.compile(rb"(?:[\w.-]+ )?[\w./()@-]{1,64}(?:\[\d+\])?: ")  # host and program of syslog
_CHANNEL = re.compile(rb"(?P<env>[\w-]+(?:\.[\w-]+)*)\.(?P<level>[A-Z]+): ?")
_NGINX_LEVEL = re.compile(rb"\[(?:[\w.-]*:)?(?P<level>[a-z]+)\] ")
_PHP_LEVEL = re.compile(rb"(?:PHP )?(?P<level>Fatal error|Parse error|ERROR|ALERT|CRITICAL|EMERGENCY): +", re.ASCII)
# FPM quotes what a script said: `WARNING: [pool www] child 7 said into stderr: "PHP message: PHP Fatal error:  …"`.
_SAID = re.compile(rb"(?:(?P<env>[\w-]+)\.|PHP )(?P<level>ERROR|CRITICAL|ALERT|EMERGENCY|Fatal error|Parse error): *")
_LEVELS = {
    b"error": "ERROR",
    b"crit": "CRITICAL",
    b"alert": "ALERT",
    b"emerg": "EMERGENCY",
    b"Fatal error": "ERROR",
    b"Parse error": "ERROR",
}
ERRORS = ("ERROR", "CRITICAL", "ALERT", "EMERGENCY")
# A record at such a level has one of these in it.
ERROR_MARKS = (
    *(b".%s:" % each.encode() for each in ERRORS),
    *(b"] %s: " % each.encode() for each in ERRORS),
    *(b"%s%s] " % (before, each) for each in (b"error", b"crit", b"alert", b"emerg") for before in (b" [", b":")),
    b"Fatal error: ",
    b"Parse error: ",
)
_MAIL_HEADS = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Reply-To", b"Return-Path", b"MIME-Version")
MAIL_MARKS = tuple(b".DEBUG: %s: " % each for each in _MAIL_HEADS)
_MAIL = re.compile(rb"\.DEBUG: (?:%s): " % b"|".join(_MAIL_HEADS))
LIMIT = 1 << 20  # bytes of a record that are looked at; what one line has beyond them is passed over


class Header(NamedTuple):
    """The beginning of a record. at: `2026-11-23 17:40:42`, ``""`` where it has none. level: ``""`` where it has none.

    text: where the message begins.
    """

    at: str
    env: str
    level: str
    text: int


class Format:
    """How records of one file begin. separator: bytes that stand before every record's first line but the first."""

    def __init__(self, start: bytes | None, separator: bytes) -> None:
        """start: pattern of a record's beginning at the start of a line; None: every line is a record."""
        self.separator = separator
        self.every_line = start is None
        self._start = re.compile(start or b"")
        self._next = re.compile(rb"\n(?=" + (start or b"") + rb")")

    def is_start(self, data: bytes, position: int) -> bool:
        """Whether a record begins at this beginning of a line."""
        return self._start.match(data, position) is not None

    def start_before(self, data: bytes, position: int, least: int = 0) -> int:
        """The beginning of the record that this position is in, not before ``least``."""
        begin = data.rfind(b"\n", least, position) + 1 or least
        while begin > least and not self.is_start(data, begin):
            begin = data.rfind(b"\n", least, begin - 1) + 1 or least
        return begin

    def next_start(self, data: bytes, position: int) -> int:
        """Where the next record begins, -1 where none does."""
        if self.every_line:
            found = data.find(b"\n", position)
            return found + 1 if found >= 0 else -1
        begun = self._next.search(data, position)
        return begun.end() if begun else -1

    def records(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where each record begins and ends. Lines of a log that a mail quotes belong to the mail.

        What a mail quotes is older than the mail, what follows it in the log is not.
        """
        while start < end:
            after = self.next_start(data, start)
            if is_mail(data, start):
                mailed = _clock(data, start)
                while 0 <= after < end and _clock(data, after) < mailed:
                    after = self.next_start(data, after)
            if after < 0 or after > end:
                after = end
            yield start, after
            start = after


_FORMATS = (
    (re.compile(rb"(?:\A|\n)" + _LARAVEL), Format(_STRONG, b"\n[20")),
    (re.compile(rb"(?:\A|\n)" + _NGINX), Format(_STRONG, b"\n20")),
    (re.compile(rb"(?:\A|\n)(?:" + _PHP + rb"|" + _APACHE + rb")"), Format(_STRONG, b"\n[")),
    (re.compile(rb"(?:\A|\n)" + _CONTAINER + _STRONG), Format(_CONTAINER + _STRONG, b"\n")),
    (re.compile(rb"(?:\A|\n)" + _CONTAINER + _WEAK), Format(_CONTAINER + _WEAK, b"\n")),
)
PLAIN = Format(None, b"\n")


def format_of(data: bytes) -> Format:
    """The format of a file that has these bytes at its beginning."""
    return next((each for first, each in _FORMATS if first.search(data)), PLAIN)


def is_mail(data: bytes, start: int) -> bool:
    """Whether the record that begins there is a mail that MAIL_MAILER=log wrote."""
    level = data.find(b".DEBUG: ", start, start + 200)
    return level >= 0 and _MAIL.match(data, level) is not None


def _clock(data: bytes, start: int) -> str:
    """The time at the head of a record of Laravel."""
    return header(data[start : start + 256]).at


def header(record: bytes) -> Header:
    """Read the beginning of a record; one without a date is only text."""
    usual = _USUAL.match(record)
    if usual:
        day, clock, env, level = usual.groups()
        return Header(f"{_text(day)} {_text(clock)}", _text(env), _text(level), usual.end())
    begun = _PARSE.match(record)
    if not begun:
        level = _PHP_LEVEL.match(record) or _CHANNEL.match(record)
        return Header("", "", _level(level.group("level")) if level else "", 0)
    at = _time(begun)
    where = begun.end()
    laravel = _CHANNEL.match(record, where)
    if not laravel and not (begun.group("iso") or b"").startswith(b"["):
        sender = None if begun.group("apache") or begun.group("php") else _SENDER.match(record, where)
        where = sender.end() if sender else where
        nested = _PARSE.match(record, where)
        laravel = _CHANNEL.match(record, nested.end() if nested else where)
    if not laravel and begun.group("php"):
        laravel = _SAID.search(record, where, where + 400)
    if laravel:
        return Header(at, _text(laravel.group("env") or b""), _level(laravel.group("level")), laravel.end())
    level = _NGINX_LEVEL.match(record, where) or _PHP_LEVEL.match(record, where)
    return Header(at, "", _level(level.group("level")) if level else "", level.end() if level else where)


def _level(name: bytes) -> str:
    return _LEVELS.get(name) or _text(name).upper()


def _time(begun: re.Match) -> str:
    named = begun.groupdict()
    if named["iso"]:
        return _text(named["iso"].lstrip(b"[")[:19]).replace("T", " ").replace("/", "-")
    if named["php"]:
        day, month, rest = named["php"].split(b"-")
        return _text(b"%s-%02d-%s %s" % (rest[:4], _MONTHS.get(month, 0), day, rest[5:]))
    stamp = named["apache"] or named["syslog"]
    month, day, clock = stamp.split()
    number = _MONTHS.get(month, 0)
    if named["year"]:
        year = int(named["year"])
    else:  # syslog leaves the year out
        now = datetime.now(timezone.utc)
        year = now.year - ((number, int(day)) > (now.month, now.day + 1))
    return f"{year}-{number:02d}-{int(day):02d} {_text(clock)}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def readable(record: bytes) -> str:
    """The record as text: a mail's lines joined and decoded, other line ends made LF, no NUL."""
    if b"Content-Transfer-Encoding: quoted-printable" in record:
        record = binascii.a2b_qp(record)
    return record.replace(b"\0", b"").replace(b"\r\n", b"\n").decode("utf-8", "replace").rstrip()
