"""The name that V5 gives an attachment: what repair expects, and what reconcile takes for the same."""

from __future__ import annotations

import re

_LENGTH = 191  # of V5's column documents.name


def v5_name(name: str) -> str:
    """The name that V5 gives an attachment of this name.

    PHP and Symfony keep what follows the last slash or backslash; a header holds no control characters; V5's column is
    shorter than V4's, so a longer name is cut before its extension.
    """
    kept = re.sub(r"[\x00-\x1f\x7f]", " ", re.split(r"[\\/]", name)[-1]).strip() or "document"
    if len(kept) <= _LENGTH:
        return kept
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension) > 10:
        return kept[:_LENGTH]
    return stem[: _LENGTH - len(extension) - 1] + dot + extension
