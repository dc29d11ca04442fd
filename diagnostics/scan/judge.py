"""What one record is: a known failure, an error that nobody knows, a step of an import, or nothing of interest."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

from .gate import Gate
from .records import ERROR_MARKS, ERRORS, MAIL_MARKS, header, is_mail, readable
from .shapes import shape
from .signatures import Signature, signatures

_HEX = b"123456789abcdefABCDEF"
# What makes records equal that differ in numbers alone, or in hashes too: a table for bytes.translate().
DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
HASHES = bytes.maketrans(_HEX, b"0" * len(_HEX))
WORKER_ENV = "migration"  # the APP_ENV of Ninjalift's own import worker; what it logs is about the import
IMPORT_MARKS = (b".INFO: Importing ", b".INFO: Completed", b"%s.INFO: " % WORKER_ENV.encode())
_STEP = re.compile(rb"\.INFO: (?:Importing (?P<resource>\w+)\s*(?:\[\] \[\]\s*)?\Z|Completed\W+at \d{4}-)")
_OF_IMPORT = (b"Jobs/Util/Import.php", b"Jobs/Util/StartMigration.php")
# V5 writes this at the head of the mail about a failed import [facts.md].
_FAILED_MAIL = "went wrong with the migration for the following company"
REMEMBERED = 20_000


class Verdict(NamedTuple):
    """What one record is.

    ids: the known failures that it shows. shape: the shape of an error that is none of them, else "". step: `begin`,
    `resource`, `end` or `words` where it is about an import, else "".
    """

    ids: tuple[str, ...] = ()
    shape: str = ""
    step: str = ""


NOTHING = Verdict()


class Judge:
    """Judges records, equal ones once."""

    def __init__(self, known: Sequence[Signature] | None = None, fast: bool | None = None) -> None:
        """known: the signatures, all of them where None. fast: as in Gate."""
        self.known = [each for each in (signatures() if known is None else known) if each.pattern]
        marks = (*ERROR_MARKS, *MAIL_MARKS, *IMPORT_MARKS)
        of_literal: dict[bytes, list[Signature]] = {mark: [] for mark in marks}
        for each in self.known:
            for literal in each.literals:
                of_literal.setdefault(literal.encode(), []).append(each)
        self.gate = Gate(list(of_literal), fast)
        self._by_number = list(of_literal.values())
        # Where one of these stands in a folded record, what was folded may make it a known failure or not.
        literals = {literal.encode() for each in self.known for literal in each.literals}
        digits = {literal.encode() for each in self.known if each.depends_on_digits for literal in each.literals}
        self._sensitive = {
            DIGITS: Gate(sorted({each.translate(DIGITS) for each in digits}), fast),
            HASHES: Gate(sorted({each.translate(HASHES) for each in literals}), fast),
        }
        self._remembered: dict[tuple[bytes, int, int], Verdict | None] = {}

    def of_class(self, record: bytes, folded: bytes, fold: bytes = DIGITS) -> Verdict | None:
        """The verdict on all records that look like this one once they are folded; None where they may differ.

        folded: the record, as a whole or without its beginning and end, translated by ``fold``. Of errors that nobody
        knows, two whose words differ in the letters a to f alone are one where they are folded by HASHES.
        """
        key = (fold, hash(folded), len(folded))
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = None if self._sensitive[fold].inside(folded) else self.judge(record)
        return self._remembered[key]

    def of(self, record: bytes) -> Verdict:
        """The verdict on one record."""
        return self.of_class(record, record.translate(DIGITS)) or self.judge(record)

    def judge(self, record: bytes) -> Verdict:
        """The verdict on a record, worked out."""
        numbers = self.gate.inside(record)
        if not numbers:
            return NOTHING
        begin = header(record)
        if record.startswith(
            b"[stacktrace] ", begin.text
        ):  # V4 writes the trace as a record of its own after the error's
            return NOTHING
        if is_mail(record, 0):
            return self._mail(record)
        asked = dict.fromkeys(each for number in sorted(numbers) for each in self._by_number[number])
        ids: tuple[str, ...] = ()
        if asked:
            text = readable(record)
            ids = tuple(each.id for each in asked if each.found_in(text))
        unknown = shape(readable(record[begin.text :])) or "(no text)" if begin.level in ERRORS and not ids else ""
        return Verdict(ids, unknown, self._step(record, begin.env, begin.level))

    def _mail(self, record: bytes) -> Verdict:
        text = readable(record)
        numbers = self.gate.inside(text.encode())  # its lines were joined only now
        asked = dict.fromkeys(each for number in sorted(numbers) for each in self._by_number[number])
        ids = tuple(each.id for each in asked if each.found_in(text))
        failed = "" if ids else text.partition(_FAILED_MAIL)[2].partition("\n")[2]
        return Verdict(ids, shape(failed) if failed else "", "")

    def _step(self, record: bytes, env: str, level: str) -> str:
        if level == "INFO":
            step = _STEP.search(record, 0, 400)
            if step:
                resource = step.group("resource")
                return "end" if resource is None else "begin" if resource == b"account" else "resource"
            return "words" if env == WORKER_ENV else ""
        return "words" if level in ERRORS and any(each in record for each in _OF_IMPORT) else ""
