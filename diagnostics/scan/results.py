"""What a scan finds: known failures and shapes of errors, each with its occurrences."""

from __future__ import annotations

from dataclasses import dataclass, field

from .files import LogFile

SAMPLES = 3  # of one known failure: the first ones, and the newest
SHAPES = 1000  # of unknown errors that are kept


@dataclass
class Sample:
    """One occurrence. before, after: the records around it, shortened."""

    file: str
    at: str
    text: str
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass
class Group:
    """All occurrences of one known failure, or of one shape.

    first, last: the log's own times, ``""`` where it has none. files: how many are in each.
    """

    count: int = 0
    first: str = ""
    last: str = ""
    files: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    def add(self, count: int, at: str, file: str) -> None:
        """Count occurrences, the times of which lie at ``at``."""
        self.count += count
        self.files[file] = self.files.get(file, 0) + count
        self.seen(at)

    def merge(self, later: Group) -> None:
        """Take the occurrences of a later part of the logs."""
        self.count += later.count
        for file, count in later.files.items():
            self.files[file] = self.files.get(file, 0) + count
        self.seen(later.first)
        self.seen(later.last)
        samples = self.samples + later.samples
        self.samples = samples if len(samples) <= SAMPLES else [*samples[: SAMPLES - 1], samples[-1]]

    def seen(self, at: str) -> None:
        """One more time at which it occurred."""
        if at:
            self.first = min(self.first or at, at)
            self.last = max(self.last, at)


@dataclass
class Result:
    """What a scan found. known: by id. unknown: by shape. records_more: unknown errors whose shapes were not kept.

    imports: how many imports began, and how many were completed. notes: what is odd about the files.
    """

    files: list[LogFile] = field(default_factory=list)
    known: dict[str, Group] = field(default_factory=dict)
    unknown: dict[str, Group] = field(default_factory=dict)
    records_more: int = 0
    imports_began: int = 0
    imports_completed: int = 0
    unfinished: dict | None = None

    def add(self, later: Result) -> None:
        """Take what was found in a later part of the logs."""
        for id, group in later.known.items():
            self.known.setdefault(id, Group()).merge(group)
        for shape, group in later.unknown.items():
            if shape in self.unknown or len(self.unknown) < SHAPES:
                self.unknown.setdefault(shape, Group()).merge(group)
            else:
                self.records_more += group.count
        self.records_more += later.records_more
        self.imports_began += later.imports_began
        self.imports_completed += later.imports_completed
