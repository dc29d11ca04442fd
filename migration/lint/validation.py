"""Laravel's rule ``email``, which is egulias' RFCValidation: what it refuses of an address."""

from __future__ import annotations

import re

ATOM = r"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
QUOTED = r"\"(?:[^\x00-\x1f\x7f\"\\]|\\[\x20-\x7e])*\""
LOCAL = re.compile(rf"(?:{ATOM}|{QUOTED})(?:\.(?:{ATOM}|{QUOTED}))*")
# Letters, digits and what is not ASCII; within a label a hyphen, too.
LETTER = r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]"
INNER = r"[^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]"
LABEL = rf"{LETTER}(?:{INNER}*{LETTER})?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
LITERAL = re.compile(r"\[[^\[\]\\\x00-\x20]+\]")
MAX_LABEL = 63


def email_is_valid(address: str) -> bool:
    """Whether V5 takes it for an e-mail address. It needs no dot in its domain."""
    local, at, domain = address.rpartition("@")
    if not at or not LOCAL.fullmatch(local):
        return False
    if LITERAL.fullmatch(domain):
        return True
    return DOMAIN.fullmatch(domain) is not None and all(len(label) <= MAX_LABEL for label in domain.split("."))
