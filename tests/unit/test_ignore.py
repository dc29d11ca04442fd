"""Known findings: what --ignore and --ignore-file take, and how long an entry holds."""

import datetime

import pytest

from diagnostics.findings import ERROR, FAIL, PASS, SKIP, WARN, Finding
from diagnostics.ignore import Ignore, IgnoreError, apply, parse, read, sorted_out

DAY = datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("tls.chain=We know", Ignore("tls.chain", "We know")),
        ("tls.chain=We know@2026-12-31", Ignore("tls.chain", "We know", DAY)),
        (" tls.chain = We = know ", Ignore("tls.chain", "We = know")),
        ("tls.chain=ask ops@example.com", Ignore("tls.chain", "ask ops@example.com")),
        ("tls.chain=ask ops@example.com@2026-12-31", Ignore("tls.chain", "ask ops@example.com", DAY)),
    ],
)
def test_parse(text, entry):
    assert parse(text) == entry


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tls.chain", "is not ID=REASON"),
        ("tls.chain=", "has no reason"),
        ("tls.chain= @2026-12-31", "has no reason"),
        ("=because", "has no id"),
        ("tls.chain=because@2026-02-30", "'2026-02-30' is not a day"),
    ],
)
def test_parse_refuses(text, said):
    with pytest.raises(IgnoreError, match=said):
        parse(text)


def test_read(tmp_path):
    file = tmp_path / "known.yml"
    file.write_text(
        "---\n- {id: tls.chain, reason: We know, until: 2026-12-31}\n- id: cron.present\n  reason: No cron\n"
        "- {id: a.b, reason: c, until: '2026-12-31'}\n"
    )
    assert read(file) == [
        Ignore("tls.chain", "We know", DAY),
        Ignore("cron.present", "No cron"),
        Ignore("a.b", "c", DAY),
    ]
    file.write_text("---\n")
    assert read(file) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {id: a", "is not valid YAML at line"),
        ("tls.chain: because", "is not a list"),
        ("just words", "is not a list"),
        ("- tls.chain", "entry 1 of .* has no id and reason"),
        ("- {id: a.b, reason: c}\n- {id: a.b}", "entry 2 of .* has no reason"),
        ("- {id: 7, reason: c}", "has no id"),
        ("- {id: a.b, reason: 7}", "has no reason"),
        ("- {id: a.b, reason: c, untill: 2026-12-31}", "has 'untill'; known are id, reason, until"),
        ("- {id: a.b, reason: c, until: soon}", "'soon' is not a day"),
        ("- {id: a.b, reason: c, until: 2026-12-31T10:00:00}", "is not a day"),
        ("- {id: a.b, reason: c, until: 2026-02-30}", "is not"),
        ("- !!python/object:os.system {}", "is not valid YAML"),
        ("\xff\xfe", "is not valid YAML"),
    ],
)
def test_read_refuses(tmp_path, text, said):
    file = tmp_path / "known.yml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(IgnoreError, match=said) as raised:
        read(file)
    assert "\n" not in str(raised.value)


def test_read_of_a_file_that_is_not_there(tmp_path):
    with pytest.raises(IgnoreError, match="cannot be read: No such file"):
        read(tmp_path / "none.yml")


@pytest.mark.parametrize(("today", "holds"), [("2026-12-30", True), ("2026-12-31", True), ("2027-01-01", False)])
def test_it_holds_through_its_last_day(today, holds):
    entry, forever = Ignore("a.b", "c", DAY), Ignore("a.c", "d")
    holding, over = sorted_out([entry, forever], datetime.date.fromisoformat(today))
    assert holding == ([entry, forever] if holds else [forever])
    assert over == ([] if holds else [entry])


def test_only_what_is_wrong_is_ignored():
    found = [Finding("tls.chain", status, "") for status in (FAIL, ERROR, WARN, SKIP, PASS)]
    found.append(Finding("tls.name", FAIL, ""))
    marked = apply([Ignore("tls.chain", "We know", DAY)], found)
    assert [each.ignored for each in marked] == ["We know (until 2026-12-31)"] * 3 + [""] * 3
    assert apply([Ignore("tls.chain", "We know")], found)[0].ignored == "We know"
