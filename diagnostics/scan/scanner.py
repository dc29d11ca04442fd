"""The scan of logs: known failures, errors that nobody knows, and the newest import that did not end.

Each piece of a log goes through the gate (gate.py). Where few literals stand in it, only the records around them are
looked at. Where there are many, the piece is cut into records, and equal ones are counted first: digits are made 0, so
that records which differ only in times and numbers are equal, and each class is judged once (judge.py). The memory does
not grow with the log.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter, deque
from dataclasses import dataclass
from typing import Iterable

from migration.watch import ImportLog

from . import records
from .cut import Cut
from .files import LogFile
from .judge import DIGITS, HASHES, NOTHING, REMEMBERED, Judge, Verdict
from .results import SAMPLES, SHAPES, Group, Result, Sample

CONTEXT = 2
TEXT = 4000  # characters of a sample
AROUND = 400  # characters of a record around it
_SPARSE = 160  # hits in a piece from which on it is cut into records as a whole
_TAIL = 8192  # bytes before a piece that may be the records before its first one
_KEPT = 200  # resources of one import
_STEPS, _STEP = 300, 4096  # records about the newest import that a part hands on, and bytes of each
_PART = 1 << 25  # bytes that are worth a process of their own
_ENOUGH = 1 << 16  # bytes that tell a file's format
_HASHED = 8
_HEAD = 256  # bytes that hold a record's beginning


class Scan:
    """Scans logs one after the other; `result` has what was found so far."""

    def __init__(
        self, judge: Judge | None = None, since: str = "", context: int = CONTEXT, processes: int | None = None
    ) -> None:
        """since: leave out what is older (`2026-11-23 17:40:42`, by the log's own clock). context: records around.

        processes: how many read a large file at once; as many as there are processors where None.
        """
        self.judge = judge or Judge()
        self.since = since
        self.context = context
        self.processes = processes or _processors()
        self.result = Result()
        self._imports = ImportLog()
        self._import_file = ""
        self._steps: deque = deque(maxlen=_STEPS)  # of the newest import, for the one who has the other parts

    def files(self, logs: Iterable[LogFile]) -> Result:
        """Scan these files; raises FileError where one cannot be opened."""
        for log in logs:
            self.result.files.append(log)
            parts = log.parts(self.processes, _PART)
            if len(parts) == 1:
                self._read(log)
            else:
                self._read_at_once(log, parts)
        self.result.unfinished = self._unfinished()
        return self.result

    def _read(self, log: LogFile, form: records.Format | None = None) -> None:
        reader = _Reader(self, log.name, form)
        for piece in log.pieces():
            reader.feed(piece)
        reader.end()

    def _read_at_once(self, log: LogFile, parts: list[LogFile]) -> None:
        """Read the parts of a file in a process each, and put together what they found."""
        form = records.format_of(next(log.pieces()))
        log.bytes = 0
        context = multiprocessing.get_context("fork")  # it has the compiled signatures
        given = (self.judge, self.since, self.context)
        with context.Pool(len(parts), _begin_part, given, maxtasksperchild=1) as pool:
            jobs = [pool.apply_async(_read_part, (part, form)) for part in parts]
            for job in jobs:
                bytes_read, note, result, steps = job.get()
                log.bytes += bytes_read
                log.note = log.note or note
                self.result.add(result)
                for step in steps:
                    self.step(*step)

    def step(self, verdict: Verdict, record: bytes, file: str) -> None:
        """Take what the record says about an import."""
        begin = records.header(record)
        if verdict.step == "begin":
            self._imports.runs.clear()  # only the newest import matters
            self._steps.clear()
            self._import_file = file
        self._steps.append((verdict, record[:_STEP], file))
        line = f"[{begin.at or '0000-00-00 00:00:00'}] {begin.env}.{begin.level}: "
        self._imports.feed(line.encode() + record[begin.text :].strip(b"\r\n").rstrip() + b"\n")
        # The watch over one import keeps everything; a log may hold years.
        self._imports.errors.clear()
        for run in self._imports.runs.values():
            del run.said[:-1]
            del run.resources[_KEPT:]

    def _unfinished(self) -> dict | None:
        runs = [run for run in self._imports.runs.values() if run.resources]
        newest = max(runs, key=lambda run: run.started_at, default=None)
        if newest is None or newest.finished_at:
            return None
        return {
            "last_resource": newest.resource,
            "started": newest.started_at,
            "last_at": newest.last_at,
            "env": newest.env,
            "message": newest.message,
            "resources": list(newest.resources),
            "file": self._import_file,
        }


def _processors() -> int:
    """How many processors this process may use; 1 where the system does not say, as macOS."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


_of_this_process: list[Scan] = []  # in a process that reads a part


def _begin_part(judge: Judge, since: str, context: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits for this one ends it
    _of_this_process[:] = [Scan(judge, since, context)]


def _read_part(part: LogFile, form: records.Format) -> tuple:
    (scan,) = _of_this_process
    scan._read(part, form)
    return part.bytes, part.note, scan.result, list(scan._steps)


@dataclass
class _Found:
    """Records of one verdict in a piece: how many, and where the first and the last of them begin and end."""

    verdict: Verdict
    count: int
    first: tuple[int, int]
    last: tuple[int, int]


class _Reader:
    """Cuts one file into pieces that begin with a record, and looks at each."""

    def __init__(self, scan: Scan, name: str, form: records.Format | None = None) -> None:
        """form: where it is known; else the beginning of the file tells."""
        self.scan, self.judge, self.result, self.name = scan, scan.judge, scan.result, name
        self.format = form
        self._rest = b""
        self._tail = b""  # what stood before the rest
        self._passing_over = False  # the rest of a record that is longer than LIMIT
        self._waiting = bool(scan.since)  # for the first record that is young enough
        self._hungry: list[Sample] = []  # samples that lack records after them
        self._was_dense = False
        self._one_line = False  # every record of the last piece was one line
        self._hashed = 0  # for how many pieces more it is taken for granted that their hashes alone differ
        self._regular: set[int] = set()  # classes of pieces that are one record each

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        if b"\0" in piece:  # a file system that lost power, or UTF-16
            piece = piece.replace(b"\0", b"")
        data = self._rest + piece
        if self.format is None and len(data) < _ENOUGH:
            self._rest = data
        else:
            self._take(data, final=False)

    def end(self) -> None:
        """The file has no more."""
        self._take(self._rest, final=True)

    def _take(self, data: bytes, final: bool) -> None:
        """Look at all whole records of what was read, and keep the rest."""
        if self.format is None:
            data = data[2:] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data.removeprefix(b"\xef\xbb\xbf")
            self.format = records.format_of(data)
            self._waiting = self._waiting and not self.format.every_line
        if self._passing_over:
            start = self.format.next_start(data, 0)
            if start < 0:
                self._rest = data[-_HEAD:]
                return
            data, self._passing_over = data[start:], False
        if self._waiting:
            data = self._younger(data, final)
        end = len(data) if final else self.format.start_before(data, len(data))
        if end == 0 and len(data) >= records.LIMIT:
            end, self._passing_over = len(data), True
        if end:
            end = self._look(data, end, final or self._passing_over)
            self._tail = data[end - _TAIL : end] if end >= _TAIL else (self._tail + data[:end])[-_TAIL:]
        self._rest = data[end:]

    def _younger(self, data: bytes, final: bool) -> bytes:
        """The data from the first young record on; the last record, which may not be whole, where none is young."""
        last = 0
        for start, _ in self.format.records(data, 0, len(data)):
            last = start
            if records.header(data[start : start + _HEAD]).at >= self.scan.since:
                self._waiting = False
                return data[start:]
        return b"" if final else data[last:]

    def _look(self, data: bytes, end: int, final: bool) -> int:
        """Look at data[:end]; returns where the last whole record ends, which is earlier where a mail is not whole."""
        self._feed_hungry(data, end)
        hits = self.judge.gate.positions(data, _SPARSE // 8 if self._was_dense else _SPARSE)
        self._was_dense = hits is None
        found, steps, end = self._dense(data, end, final) if hits is None else self._sparse(data, end, final, hits)
        for verdict, start, stop in _telling(steps):
            self.scan.step(verdict, data[start:stop][: records.LIMIT], self.name)
        self._count(data, end, found)
        return end

    def _sparse(self, data: bytes, end: int, final: bool, hits: list[int]) -> tuple:
        """The records around the hits: what was found, the steps of imports, and the end."""
        found, steps, done = [], [], 0
        for hit in hits:
            if hit <= done:
                continue
            if hit > end:
                break
            start = self.format.start_before(data, hit - 1, done)
            _, done = next(self.format.records(data, start, len(data)))
            if done == len(data) and not final:  # it may go on: a mail that quotes a log, for example
                return found, steps, min(start, end)
            verdict = self.judge.of(data[start:done][: records.LIMIT])
            found.append(_Found(verdict, 1, (start, done), (start, done)))
            if verdict.step:
                steps.append((verdict, start, done))
        return found, steps, max(end, done)

    def _dense(self, data: bytes, end: int, final: bool) -> tuple:
        """The same from all records, each class of equal ones judged once."""
        separator = b"\n" if self._one_line else self.format.separator
        fold, cut = self._folded(data, end, separator)
        if not self._is_regular(data, cut) and self._one_line:
            separator = self.format.separator
            fold, cut = self._folded(data, end, separator)
        self._one_line = len(cut.pieces) == data.count(b"\n", 0, end)
        if not self._is_regular(data, cut):
            spans = list(self.format.records(data, 0, len(data)))
            if not final and len(spans) > 1:
                spans.pop()
            end = spans[-1][1]
            fold, cut = DIGITS, Cut(data, end, DIGITS, spans=spans)
        found, stepping = [], {}
        for piece, count in cut.counts.items():
            last = cut.span(cut.last(piece))
            verdict = self.judge.of_class(data[slice(*last)][: records.LIMIT], piece, fold)
            if verdict is None:
                found += self._one_by_one(data, cut, piece)
            elif verdict is not NOTHING:
                first = last if count == 1 else cut.span(cut.first(piece))
                found.append(_Found(verdict, count, first, last))
                if verdict.step:
                    stepping[piece] = verdict
        steps = []
        if stepping:
            begun = [cut.last(piece) for piece, verdict in stepping.items() if verdict.step == "begin"]
            after = max(begun, default=0)
            words = {cut.last(piece): piece for piece, verdict in stepping.items() if verdict.step == "words"}
            others = stepping.keys() - words.values()
            pieces = enumerate(cut.pieces[after:], after) if others else ()
            resources = {index: piece for index, piece in pieces if piece in others}
            steps = [(stepping[piece], *cut.span(index)) for index, piece in sorted({**words, **resources}.items())]
        return found, steps, end

    def _folded(self, data: bytes, end: int, separator: bytes) -> tuple[bytes, Cut]:
        """The data cut into records, without hashes where hardly any two are alike otherwise."""
        if self._hashed:
            self._hashed -= 1
            cut = Cut(data, end, HASHES, separator)
            if cut.is_alike:
                return HASHES, cut
            self._hashed = 0
        cut = Cut(data, end, DIGITS, separator)
        if not cut.is_alike:
            other = Cut(data, end, HASHES, separator)
            if other.is_alike:
                self._hashed = _HASHED
                return HASHES, other
        return DIGITS, cut

    def _one_by_one(self, data: bytes, cut: Cut, piece: bytes) -> list[_Found]:
        """What was found in the records of a class that are judged by what was folded; equal ones are judged once."""
        first, last = cut.span(cut.first(piece)), cut.span(cut.last(piece))
        text = records.header(data[slice(*first)][:_HEAD]).text  # equally far from the beginning of each
        rest = data[first[0] + text : first[1]]
        if data.count(rest, 0, last[1]) == cut.counts[piece]:
            return [_Found(self.judge.of(data[slice(*first)][: records.LIMIT]), cut.counts[piece], first, last)]
        spans = cut.all(piece)
        rests = [data[start + text : stop] for start, stop in spans]
        firsts = dict(zip(reversed(rests), reversed(spans)))
        lasts = dict(zip(rests, spans))
        return [
            _Found(self.judge.of(data[slice(*lasts[rest])][: records.LIMIT]), count, firsts[rest], lasts[rest])
            for rest, count in Counter(rests).items()
        ]

    def _is_regular(self, data: bytes, cut: Cut) -> bool:
        """Whether every piece is one record, and none a mail, which may quote records."""
        if len(self._regular) > REMEMBERED:
            self._regular.clear()
        for piece in cut.counts:
            if hash(piece) in self._regular:
                continue
            start, stop = cut.span(cut.last(piece))
            inside = self.format.next_start(data, start)
            if (start and not self.format.is_start(data, start)) or 0 <= inside < stop or records.is_mail(data, start):
                return False
            self._regular.add(hash(piece))
        return True

    def _count(self, data: bytes, end: int, found: list[_Found]) -> None:
        """Add what was found to the result."""
        known: dict[str, _Found] = {}
        unknown: dict[str, _Found] = {}
        for each in found:
            verdict = each.verdict
            if verdict.step == "begin":
                self.result.imports_began += each.count
            elif verdict.step == "end":
                self.result.imports_completed += each.count
            for id in verdict.ids:
                _merge(known, id, each)
            if verdict.shape:
                _merge(unknown, verdict.shape, each)
        for id, each in known.items():
            group = self.result.known.setdefault(id, Group())
            self._add(group, each, data)
            if len(group.samples) < SAMPLES - 1:
                self._sample(group, each.first, data, end, context=True)
            if each.last != each.first or len(group.samples) >= SAMPLES - 1:
                self._sample(group, each.last, data, end, context=True)
        for shape, each in unknown.items():
            group = self.result.unknown.get(shape)
            if group is None:
                if len(self.result.unknown) >= SHAPES:
                    self.result.records_more += each.count
                    continue
                group = self.result.unknown[shape] = Group()
                self._sample(group, each.first, data, end, context=False)
            self._add(group, each, data)

    def _add(self, group: Group, each: _Found, data: bytes) -> None:
        group.add(each.count, records.header(data[each.first[0] :][:_HEAD]).at, self.name)
        group.seen(records.header(data[each.last[0] :][:_HEAD]).at)

    def _sample(self, group: Group, span: tuple[int, int], data: bytes, end: int, context: bool) -> None:
        start, stop = span
        record = data[start : min(stop, start + records.LIMIT)]
        made = Sample(self.name, records.header(record[:_HEAD]).at, _shortened(record, TEXT))
        if context and self.scan.context:
            made.before = self._records_before(data, start)
            self._feed(made, data, stop, end)
            if len(made.after) < self.scan.context:
                self._hungry.append(made)
        del group.samples[SAMPLES - 1 :]
        group.samples.append(made)

    def _records_before(self, data: bytes, start: int) -> list[str]:
        window = data[max(0, start - _TAIL) : start]
        if len(window) < _TAIL:
            window = (self._tail + window)[-_TAIL:]
        found: list[str] = []
        stop = len(window)
        while stop and len(found) < self.scan.context:
            begin = self.format.start_before(window, stop - 1)
            found.insert(0, _shortened(window[begin:stop], AROUND))
            stop = begin
        return found

    def _feed(self, sample: Sample, data: bytes, start: int, end: int) -> None:
        """Give a sample records that follow it."""
        if start >= end:
            return
        for begin, stop in self.format.records(data, start, end):
            if len(sample.after) >= self.scan.context:
                break
            sample.after.append(_shortened(data[begin:stop], AROUND))

    def _feed_hungry(self, data: bytes, end: int) -> None:
        for sample in self._hungry:
            self._feed(sample, data, 0, end)
        self._hungry.clear()


def _telling(steps: list[tuple]) -> list[tuple]:
    """The steps (verdict, start, end) of the newest import alone, and the last of its words since each resource."""
    begun = max((index for index, (verdict, *_) in enumerate(steps) if verdict.step == "begin"), default=0)
    kept: list[tuple] = []
    for step in steps[begun:]:
        if kept and step[0].step == kept[-1][0].step == "words":
            kept.pop()
        kept.append(step)
    return kept[:1] + kept[1:][-_STEPS:]


def _merge(found: dict[str, _Found], key: str, each: _Found) -> None:
    known = found.get(key)
    if known is None:
        found[key] = _Found(each.verdict, each.count, each.first, each.last)
    else:
        known.count += each.count
        known.first = min(known.first, each.first)
        known.last = max(known.last, each.last)


def _shortened(record: bytes, most: int) -> str:
    text = records.readable(record[: 4 * most])
    return text if len(text) <= most else f"{text[:most]}…"
