"""Every signature matches its sample and not its near miss, lets every match through its gate, and stands alone."""

import importlib
import re
import re._constants as ops
import re._parser as parser
from itertools import product
from pathlib import Path

import pytest

from diagnostics.check import all_checks
from diagnostics.scan import probe_literals, signature, signatures
from diagnostics.scan.judge import DIGITS, Judge
from diagnostics.scan.signatures import LOGS, PHASES, SignatureError

module = importlib.import_module("diagnostics.scan.signatures")
DATA = Path(__file__).parent / "data" / "scan"
ALL = signatures()
WITH_PATTERN = [each for each in ALL if each.pattern]
SAMPLES = [(each, sample) for each in WITH_PATTERN for sample in each.sample]


def named(each):
    return each.id if hasattr(each, "id") else ""


def test_every_failure_mode_is_there():
    wanted = DATA.joinpath("failure-modes.txt").read_text().split()
    assert len(wanted) == 127
    assert set(wanted) <= {each.id for each in ALL}


@pytest.mark.parametrize("each", ALL, ids=named)
def test_an_entry_says_what_a_person_needs(each):
    assert each.phase in PHASES
    assert set(each.logs) <= set(LOGS)
    assert each.title[0].isupper() or each.title.startswith("artisan")
    assert not each.title.endswith(".")
    assert len(each.title) < 100
    assert each.cause.endswith(".") and each.remedy and each.source
    assert each.pattern or each.seen_by
    assert all(signature(other) for other in each.also)


def test_checks_that_see_a_failure_exist():
    """An id of a check in seen_by is one that is declared; what no branch has declared yet is not looked at."""
    declared = {check.id for check in all_checks()}
    groups = {id.partition(".")[0] for id in declared}
    for each in ALL:
        for seen in each.seen_by:
            found = re.fullmatch(r"([a-z]+)\.[a-z-]+", seen)
            if found and found.group(1) in groups:
                assert seen in declared, each.id


@pytest.mark.parametrize(("each", "sample"), SAMPLES, ids=named)
def test_the_sample_matches(each, sample):
    assert each.matches(sample)


@pytest.mark.parametrize(("each", "miss"), [(e, miss) for e in WITH_PATTERN for miss in e.near_miss], ids=named)
def test_the_near_miss_does_not(each, miss):
    assert not each.matches(miss)


@pytest.mark.parametrize(("each", "sample"), SAMPLES, ids=named)
def test_no_other_signature_takes_the_sample(each, sample):
    assert {other.id for other in WITH_PATTERN if other.matches(sample)} <= {each.id, *each.also}


@pytest.mark.parametrize("fast", [None, False])
@pytest.mark.parametrize(("each", "sample"), SAMPLES, ids=named)
def test_the_judge_finds_it_as_a_record(each, sample, fast):
    record = sample.encode()
    assert each.id in judge(fast).judge(record).ids
    assert each.id in judge(fast).of(record).ids


def judge(fast, made={}):  # noqa: B006  # compiled once
    return made.setdefault(fast, Judge(fast=fast))


def texts(tree):
    """The alternatives of a pattern, each a list of the texts that stand in all its matches."""
    found = [[""]]
    for op, value in tree:
        if op is ops.LITERAL:
            found = [[*each[:-1], each[-1] + chr(value)] for each in found]
        elif op is ops.BRANCH:
            found = joined(found, [way for branch in value[1] for way in texts(branch)])
        elif op is ops.SUBPATTERN:
            found = joined(found, texts(value[3]))
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT) and value[0]:
            found = [[*each, ""] for each in joined(found, texts(value[2]))]
        elif op is not ops.AT:
            found = [[*each, ""] for each in found]
    return found


def joined(before, after):
    return [[*first[:-1], first[-1] + then[0], *then[1:]] for first, then in product(before, after)]


@pytest.mark.parametrize("each", WITH_PATTERN, ids=named)
def test_one_of_the_literals_is_in_every_match(each):
    """By construction: each way through the pattern has a text in it that holds a literal."""
    for way in texts(parser.parse(each.pattern.pattern, each.pattern.flags)):
        assert any(literal in text for literal in each.literals for text in way), way


def operations(tree):
    for op, value in tree:
        yield op, value
        if op is ops.BRANCH:
            for branch in value[1]:
                yield from operations(branch)
        elif op is ops.SUBPATTERN:
            yield from operations(value[3])
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            yield from operations(value[2])


@pytest.mark.parametrize("each", WITH_PATTERN, ids=named)
def test_patterns_are_regular(each):
    """No look-around, no reference back, no possessive repeat, none over 1000: linear time, and RE2 takes them."""
    for pattern in filter(None, (each.pattern, each.unless)):
        for op, value in operations(parser.parse(pattern.pattern, pattern.flags)):
            assert op not in (ops.ASSERT, ops.ASSERT_NOT, ops.GROUPREF, ops.GROUPREF_EXISTS)
            assert op not in (ops.POSSESSIVE_REPEAT, ops.ATOMIC_GROUP)
            if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
                assert value[1] is ops.MAXREPEAT or value[1] <= 1000


@pytest.mark.parametrize("each", WITH_PATTERN, ids=named)
def test_what_does_not_ask_for_digits_matches_without_them(each):
    """Records that differ only in digits are judged once, so such a signature must not see the difference."""
    if each.depends_on_digits:
        return
    for text in (*each.sample, *each.near_miss):
        assert each.matches(text) == each.matches(text.encode().translate(DIGITS).decode())


def test_the_probe_is_told_all_literals():
    told = probe_literals()
    assert {literal for each in WITH_PATTERN for literal in each.literals} <= set(told)
    assert ".INFO: Importing " in told
    assert list(told) == sorted(set(told))


ENTRY = """
- id: {id}
  title: A title
  phase: connect
  logs: [v4-error]
  pattern: 'an error'
  literals: [an error]
  cause: A cause.
  remedy: a command
  source: a source
  sample: an error
  near_miss: a mistake
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  title: A title\n", ""), "lacks ['title']"),
        (("  literals: [an error]\n", ""), "lacks ['literals']"),
        (("phase: connect", "phase: lunch"), "phase"),
        (("logs: [v4-error]", "logs: [v6-error]"), "logs"),
        (("'an error'", "'an (error'"), "pattern is wrong"),
        (("literals: [an error]", "literals: [1]"), "literals must be a list"),
        (("  cause: A cause.\n", "  cause: ''\n"), "cause must be a text"),
        (("  source: a source\n", "  source: a source\n  colour: red\n"), "unknown keys ['colour']"),
        (("  pattern: 'an error'\n", ""), "lacks ['seen_by']"),
        (("- id: one", "id: one"), "one.yml"),
        (("- id: one", "- id: one\n  - two: ["), "one.yml"),
    ],
)
def test_a_wrong_file_says_where(tmp_path, monkeypatch, change, said):
    text = ENTRY.format(id="one")
    assert change[0] in text
    tmp_path.joinpath("one.yml").write_text(text.replace(*change))
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(SignatureError) as error:
        signatures.__wrapped__()
    assert "one.yml" in str(error.value)
    assert said in str(error.value)


def test_two_of_one_id(tmp_path, monkeypatch):
    tmp_path.joinpath("one.yml").write_text(ENTRY.format(id="one"))
    tmp_path.joinpath("two.yml").write_text(ENTRY.format(id="one"))
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(SignatureError, match="there are two of one"):
        signatures.__wrapped__()
