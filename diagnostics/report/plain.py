"""Text of hosts as it can be shown: whatever could steer a terminal, hide or reorder text is written as its number."""

from __future__ import annotations

import unicodedata

# Control characters, invisible and direction-changing ones, halves of pairs, no characters at all, and separators of
# lines and paragraphs.
HIDDEN = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """One line of text; line ends within it become ``\\n``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(each) for each in text)


def lines(text: str) -> list[str]:
    """The lines of a text, each printable; tabs become blanks, and empty lines are left out."""
    return [printable(each.expandtabs(4).rstrip()) for each in text.replace("\r\n", "\n").split("\n") if each.strip()]


def _shown(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN:
        return character
    if character == "\n":
        return "\\n"
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
