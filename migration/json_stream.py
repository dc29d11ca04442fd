"""Reads a large JSON document value by value, in the memory of its largest value."""

from __future__ import annotations

import json
import re
from decimal import Decimal

BLOCK = 64 * 1024
SPACE = " \t\n\r"
# Where the buffer's end cuts a value off, Python gives up at most this many characters before that end.
MARGIN = 16
NUMBER_PART = re.compile(r"[-+.eE0-9]*")
WORDS = ("true", "false", "null")
CLOSED = (dict, list, str)  # what has a mark at its end
# The escaped half of a surrogate pair; a whole pair is one character to Python, and PHP reads no half.
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# PHP's json_decode() reads no document in which more arrays and objects than this are inside one another.
MAX_DEPTH = 511
# No record of an export comes near this many characters; an unterminated string would otherwise swallow the rest.
MAX_VALUE = 64 * 1024 * 1024


class JsonStreamError(ValueError):
    """The document is not JSON (``truncated`` is False) or ends too early (``truncated`` is True)."""

    def __init__(self, reason: str, position: int, truncated: bool) -> None:
        super().__init__(f"{reason} at character {position}")
        self.truncated = truncated


class JsonStream:
    """A cursor over a text stream with ``read(n)``. Numbers with a fraction come as ``parse_float`` makes them."""

    def __init__(self, stream, block: int = BLOCK, parse_float=Decimal) -> None:
        self._stream = stream
        self._block = block
        self._buffer = ""
        self._position = 0
        self._dropped = 0
        self._ended = False
        self._surrogates = False
        self._depth = 0
        self._decoder = json.JSONDecoder(parse_float=parse_float, parse_constant=_no_constant)

    def _fill(self, size: int = 0) -> bool:
        """Read on; False at the end of the stream."""
        block = "" if self._ended else self._stream.read(size or self._block)
        if not block:
            self._ended = True
            return False
        self._dropped += self._position
        self._buffer = self._buffer[self._position :] + block
        self._position = 0
        self._surrogates = SURROGATE.search(self._buffer) is not None
        return True

    def _error(self, reason: str, position: int, truncated: bool) -> JsonStreamError:
        return JsonStreamError(reason, self._dropped + position, truncated)

    def peek(self) -> str:
        """The next character that is not white space, or "" at the end."""
        while True:
            while self._position < len(self._buffer):
                if self._buffer[self._position] not in SPACE:
                    return self._buffer[self._position]
                self._position += 1
            if not self._fill():
                return ""

    def expect(self, characters: str) -> str:
        """Take the next character, which must be one of these."""
        found = self.peek()
        if not found:
            raise self._error("the document ends too early", self._position, True)
        if found not in characters:
            raise self._error(f"'{found}' where '{characters[0]}' was expected", self._position, False)
        self._position += 1
        return found

    def value(self, checked: bool = True):
        """Take one whole value; ``checked``: look how deep it is, else the caller does (``check_depth``)."""
        if not self._buffer.startswith("{", self._position) and not self.peek():
            raise self._error("the document ends too early", self._position, True)
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                self._read_on(error)
                continue
            except RecursionError:
                raise self._error("a value is nested too deeply", self._position, False) from None
            except _Constant as error:
                raise self._error(f"{error} is not JSON", self._position, False) from None
            if isinstance(value, CLOSED):
                if self._surrogates or (checked and end - self._position > MAX_DEPTH):
                    self._check(value, end)
                self._position = end
                return value
            # A number may go on in the next block: 12 and 345, or 1 and .5e3.
            rest = self._buffer[end:]
            if NUMBER_PART.fullmatch(rest) and self._fill(max(self._block, len(self._buffer))):
                continue
            if rest and NUMBER_PART.fullmatch(rest):
                raise self._error("a number ends too early", end, True)
            self._position = end
            return value

    def _check(self, value, end: int) -> None:
        """What Python reads and PHP does not: deep nesting, and half of a surrogate pair."""
        opened = self._buffer.count("[", self._position, end) + self._buffer.count("{", self._position, end)
        if self._depth + opened > MAX_DEPTH:
            self.check_depth(value)
        if self._surrogates:
            try:
                json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
            except UnicodeEncodeError:
                raise self._error("a text has half of a character", self._position, False) from None

    def check_depth(self, value) -> None:
        """Refuse a value that PHP does not read, so deep it is."""
        if self._depth + _depth(value) > MAX_DEPTH:
            raise self._error("a value is nested too deeply", self._position, False)

    def _read_on(self, error: json.JSONDecodeError) -> None:
        """Get more text where the buffer's end cut the value; raise where it is wrong or has no end."""
        unterminated = error.msg.startswith("Unterminated string")
        if unterminated or error.pos >= len(self._buffer) - MARGIN:
            if len(self._buffer) - self._position > MAX_VALUE:
                raise self._error("a value has no end", self._position, False) from None
            if self._fill(max(self._block, len(self._buffer))):
                return
            rest = self._buffer[error.pos :]
            cut = unterminated or NUMBER_PART.fullmatch(rest) or any(word.startswith(rest) for word in WORDS)
            cut = cut or not rest.strip() or "escape" in error.msg
            raise self._error(error.msg, error.pos, bool(cut)) from None
        raise self._error(error.msg, error.pos, False) from None

    def members(self):
        """Walk an object: yields each key with the cursor at its value, which must be taken before going on."""
        self.expect("{")
        if self.peek() == "}":
            self.expect("}")
            return
        self._depth += 1
        while True:
            if self.peek() not in ('"', ""):
                raise self._error("a member has no name", self._position, False)
            key = self.value()
            self.expect(":")
            yield key
            if self.expect(",}") == "}":
                self._depth -= 1
                return

    def items(self, checked: bool = True):
        """Walk an array value by value; ``checked`` as above."""
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        self._depth += 1
        while True:
            yield self.value(checked)
            # What is nearly always there is looked at without a call.
            if self._buffer.startswith(",", self._position):
                self._position += 1
            elif self.expect(",]") == "]":
                self._depth -= 1
                return

    def finish(self) -> None:
        """Nothing but white space may follow."""
        if self.peek():
            raise self._error("text after the end of the document", self._position, False)


def _depth(value) -> int:
    """How many arrays and objects are inside one another; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, (list, dict))]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


class _Constant(Exception):
    """NaN or Infinity, which Python reads and JSON does not have."""


def _no_constant(name: str):
    raise _Constant(name)
