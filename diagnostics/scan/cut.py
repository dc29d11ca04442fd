"""A piece of a log, cut into its records, so that equal ones are counted before anybody looks at them."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Sequence

_FEW = 16  # classes: each is then soon found from either end
_MANY = 64  # the same


class Cut:
    """Data that was folded and cut into records. ``pieces`` are these, ``counts`` how often each of them comes."""

    def __init__(self, data: bytes, end: int, fold: bytes, separator: bytes = b"", spans: Sequence = ()) -> None:
        """Cut data[:end] at the separator, or into the spans (beginning and end of each record).

        fold: a table for bytes.translate(), which makes records equal (judge.py).
        """
        folded = data[:end].translate(fold)
        separator = separator.translate(fold)
        self._head, self._separator, self._end = 0, len(separator), end
        self._ends: Sequence[int] = ()  # without the separators
        self._backwards: list[bytes] = []
        self._first: dict[bytes, int] = {}
        self._last: dict[bytes, int] = {}
        line = folded[: folded.find(b"\n") + 1]
        if spans:
            self._separator = 0
            self.pieces = [folded[start:stop] for start, stop in spans]
        elif folded.startswith(line, len(line)) and _repeats(folded, len(line)):
            self._separator = 0
            self._ends = range(len(line), end + 1, len(line))
            self.pieces = [line] * len(self._ends)
        else:
            # The first one has no separator before it, the last one the end of its line: without them all look alike.
            self._head = len(separator) - 1 if folded.startswith(separator[1:]) else 0
            self.pieces = folded[self._head : end - folded.endswith(b"\n")].split(separator)
        self.counts = Counter(self.pieces)
        self._few = len(self.counts) <= _FEW

    @property
    def is_alike(self) -> bool:
        """Whether there are far fewer classes than records."""
        return len(self.counts) <= max(_MANY, len(self.pieces) // 4)

    def first(self, piece: bytes) -> int:
        """The number of the first record that is this piece."""
        if self._few:
            return self.pieces.index(piece)
        if not self._first:
            self._first = dict(zip(reversed(self.pieces), range(len(self.pieces) - 1, -1, -1)))
        return self._first[piece]

    def last(self, piece: bytes) -> int:
        """The number of the last one."""
        if self._few:
            self._backwards = self._backwards or self.pieces[::-1]
            return len(self.pieces) - 1 - self._backwards.index(piece)
        if not self._last:
            self._last = dict(zip(self.pieces, range(len(self.pieces))))
        return self._last[piece]

    def all(self, piece: bytes) -> list[tuple[int, int]]:
        """Where all of them begin and end."""
        return [self.span(index) for index, each in enumerate(self.pieces) if each == piece]

    def span(self, index: int) -> tuple[int, int]:
        """Where a record begins and ends."""
        if not self._ends:
            self._ends = list(accumulate(map(len, self.pieces)))
        start = self._begin(index) if index else 0
        return start, self._begin(index + 1) if index + 1 < len(self.pieces) else self._end

    def _begin(self, index: int) -> int:
        cut = self._separator  # the end of the line before, and the beginning of the record
        return self._head + self._ends[index - 1] + cut * (index - 1) + (1 if cut else 0)


def _repeats(data: bytes, length: int) -> bool:
    """Whether the data is its first ``length`` bytes again and again."""
    return length > 0 and len(data) % length == 0 and data[length:] == data[:-length]
