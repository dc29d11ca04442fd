"""The scan of logs for known failures; docs/scan-log.md says what it finds, diagnostics/signatures/ what it knows."""

from __future__ import annotations

from .hits import JudgedHit, judge_hits, prepare, probe_literals
from .signatures import Signature, signature, signatures

__all__ = ["JudgedHit", "Signature", "judge_hits", "prepare", "probe_literals", "signature", "signatures"]
