"""Predicts what V5's importer does with an export of V4, in one pass and in the memory of its ids. Changes nothing.

The rules are the importer's own (V5 5.10.17); docs/lint-export.md describes every problem. ``lint`` and ``lint_file``
return::

    {"schema": 1, "verdict": "completes" | "fails", "fails_at": RESOURCE | None, "message": the importer's own words,
     "problems": [{"id", "severity": "fail" | "warn", "resource", "v4_id", "detail", "remedy"}]}

``fails_at`` is the resource whose import ends it (the last one that V5 logs), None where it does not come that far.
"""

from __future__ import annotations

from .predict import lint, lint_file

__all__ = ["lint", "lint_file"]
