"""The facts of one installation, as the probe printed them; docs/facts.md describes every field."""

from __future__ import annotations

from typing import Any, Mapping

SCHEMA = 1  # of the facts; it changes when a field loses its meaning


class MissingFact(Exception):
    """A fact that the probe did not gather; ``reason`` says why, in words for a person."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class Facts:
    """Reads the facts by path: ``facts["database/jobs/count"]``. The separator is a slash, for names hold dots."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def __getitem__(self, path: str) -> Any:
        """The value at the path; raises MissingFact where the probe has none (null, or not there)."""
        value: Any = self.document
        for name in path.split("/"):
            value = value.get(name) if isinstance(value, Mapping) else None
            if value is None:
                raise MissingFact(path, self.why_missing(path))
        return value

    def get(self, path: str, default: Any = None) -> Any:
        """The value at the path, or the default."""
        try:
            return self[path]
        except MissingFact:
            return default

    def why_missing(self, path: str) -> str:
        """The probe's own reason for the path or the nearest part above it that has one."""
        missing = (self.document.get("probe") or {}).get("missing") or {}
        parts = path.split("/")
        for end in range(len(parts), 0, -1):
            reason = missing.get("/".join(parts[:end]))
            if reason:
                return str(reason)
        return "the probe did not report it"

    @property
    def now(self) -> int:
        """The host's own clock when the probe ran, seconds since 1970: a bundle is judged by the time it was made."""
        return int(self["time/epoch"])

    @property
    def kind(self) -> str:
        """``v4``, ``v5``, or ``""`` where no installation was found."""
        return str(self.get("app/kind", ""))

    @property
    def root(self) -> str:
        """The installation's directory."""
        return str(self.get("app/root", ""))

    @property
    def version(self) -> str:
        """The application's version, ``""`` where it is not known."""
        return str(self.get("app/version", ""))
