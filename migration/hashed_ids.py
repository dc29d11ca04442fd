"""Ids as V5's API shows them: hashids (https://hashids.org) of at least ten letters, salted with HASH_SALT.

V5's MakesHash::encodePrimaryKey makes them of the row's id. Many records have no number after a migration (expenses
never have one), so that their id is the only way to them over the API.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Iterable

from . import app_config

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890"
_SEPARATORS = "cfhistuCFHISTU"
_LENGTH = 10


def encode(number: int, salt: str = "") -> str:
    """The hashed id of a row. salt: V5's ``ninja.hash_salt``."""
    alphabet = "".join(letter for letter in _LETTERS if letter not in _SEPARATORS)
    missing = max(0, math.ceil(len(alphabet) / 3.5) - len(_SEPARATORS))
    alphabet = _shuffle(alphabet[missing:], salt)
    count = math.ceil(len(alphabet) / 12)
    guards, alphabet = alphabet[:count], alphabet[count:]
    hash_ = number % 100
    lottery = alphabet[hash_ % len(alphabet)]
    alphabet = _shuffle(alphabet, (lottery + salt + alphabet)[: len(alphabet)])
    text = lottery + _digits(number, alphabet)
    if len(text) < _LENGTH:
        text = guards[(hash_ + ord(text[0])) % len(guards)] + text
    if len(text) < _LENGTH:
        text += guards[(hash_ + ord(text[2])) % len(guards)]
    half = len(alphabet) // 2
    while len(text) < _LENGTH:
        alphabet = _shuffle(alphabet, alphabet)
        text = alphabet[half:] + text + alphabet[:half]
        start = max(0, len(text) - _LENGTH) // 2
        text = text[start : start + _LENGTH]
    return text


def of_host(root: Path, numbers: Iterable[int], php: str, user: str) -> dict[str, str]:
    """{row id as text: hashed id} of the V5 in `root`; its salt does not leave the host.

    Raises MigrationError as app_config.effective does.
    """
    salt = app_config.effective(root, ["ninja.hash_salt"], php, user)["values"]["ninja.hash_salt"]
    return {str(number): encode(int(number), str(salt or "")) for number in numbers}


def _digits(number: int, alphabet: str) -> str:
    text = ""
    while True:
        number, rest = divmod(number, len(alphabet))
        text = alphabet[rest] + text
        if not number:
            return text


def _shuffle(text: str, salt: str) -> str:
    """Shuffle a text, always the same way for the same salt."""
    letters, sum_ = list(text), 0
    for step, i in enumerate(range(len(letters) - 1, 0, -1)) if salt else ():
        place = step % len(salt)
        sum_ += ord(salt[place])
        j = (ord(salt[place]) + place + sum_) % i
        letters[i], letters[j] = letters[j], letters[i]
    return "".join(letters)
