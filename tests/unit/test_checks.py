"""What holds for every check: its id, its page, healthy hosts, and facts that lack this or that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from facts_samples import changed, healthy_v4, healthy_v5
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.check import GROUPS, REGISTRY, Check, all_checks, diagnose
from diagnostics.facts import Facts
from diagnostics.findings import ERROR, FAIL, PASS, SKIP, WARN

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "checks"
IDS = Path(__file__).parent / "data" / "check_ids.txt"
CHECKS = all_checks()
SAMPLES = {"v4": healthy_v4, "v5": healthy_v5}
SECTIONS = ("What it means", "Why it matters for a migration", "How it is seen", "How to mend it", "Source")


def on(host: str) -> list[Check]:
    return [each for each in CHECKS if host in each.kinds]


def test_ids_are_stable():
    """An id is in reports, --ignore files and tickets: it may be added, and never renamed or lost."""
    golden = IDS.read_text().split()
    assert [each.id for each in CHECKS] == golden, (
        f"If an id is new, write it into {IDS.relative_to(ROOT)}, as: "
        'python -c "from diagnostics.check import all_checks; print(*(c.id for c in all_checks()), sep=chr(10))"'
    )


def test_every_group_is_known_and_its_module_is_where_one_looks():
    for each in CHECKS:
        assert each.group in GROUPS
        assert each.function.__module__.startswith("diagnostics.checks.")


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.id)
def test_a_check_is_declared_in_full(check):
    assert len(check.title) <= 60
    assert check.title == check.title.strip().rstrip(".")
    assert check.severity in (FAIL, WARN)
    assert set(check.kinds) <= {"v4", "v5", ""}
    assert check.kinds


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.id)
def test_every_check_has_its_page(check):
    text = (ROOT / check.page).read_text()
    first = text.splitlines()[0]
    assert first.startswith(f"# {check.id}")
    assert check.title in text


def test_every_page_has_its_check():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(each.id for each in CHECKS)


def test_a_link_between_pages_leads_somewhere():
    for path in PAGES.glob("*.md"):
        for part in path.read_text().split("](")[1:]:
            target = part.partition(")")[0]
            assert "://" in target or (path.parent / target).is_file(), f"{path.name}: {target}"


@pytest.mark.parametrize("host", SAMPLES)
def test_a_healthy_host_has_neither_warnings_nor_failures(host):
    found = diagnose(Facts(SAMPLES[host]()), CHECKS)
    assert [each for each in found if each.status not in (PASS, SKIP)] == []
    assert {each.id for each in found} == {each.id for each in on(host)}


@pytest.mark.parametrize("host", ["", *SAMPLES])
def test_without_facts_nothing_is_claimed(host):
    """An empty document: no check may say that something is wrong, nor that it is right without having looked."""
    document = {"app": {"kind": host}, "probe": {"missing": {}}}
    for finding in diagnose(Facts(document), CHECKS):
        if finding.id != "host.reachable":
            assert finding.status == SKIP, finding
            assert finding.evidence
    assert all(each.run(Facts({})).status in (PASS, SKIP) for each in CHECKS)


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Every path in a document, as ``changed`` takes it."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (path := f"{above}__{name}" if above else str(name))
        yield from paths(part, path)


def at(document: Any, path: str) -> Any:
    for name in path.split("__"):
        document = document[int(name) if isinstance(document, list) else name]
    return document


def another(value: Any) -> st.SearchStrategy:
    """Other values of the same type, or none: the schema keeps types, and a probe may fail anywhere."""
    kinds = {
        bool: st.booleans(),
        int: st.sampled_from([0, 1, -1, 10**12]),
        str: st.sampled_from(["", "0", "x", "é'\"; rm -rf /", "https://[", "v5", "-1"]),
        list: st.just([]),
        dict: st.just({}),
    }
    return st.one_of(st.none(), kinds.get(type(value), st.none()))


PATHS = {host: [path for path in paths(make()) if path not in ("app", "app__kind")] for host, make in SAMPLES.items()}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_facts_make_a_check_crash(data):
    host = data.draw(st.sampled_from(sorted(SAMPLES)))
    document = SAMPLES[host]()
    for path in data.draw(st.lists(st.sampled_from(PATHS[host]), min_size=1, max_size=12)):
        try:
            value = at(document, path)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
        document = changed(document, **{path: data.draw(another(value))})
    assert [each for each in diagnose(Facts(document), CHECKS) if each.status == ERROR] == []


@pytest.mark.parametrize("host", SAMPLES)
def test_no_single_missing_fact_makes_a_check_crash(host):
    for path in PATHS[host]:
        document = changed(SAMPLES[host](), **{path: None})
        assert [each for each in diagnose(Facts(document), on(host)) if each.status == ERROR] == [], path


def test_a_check_that_crashes_is_a_finding_and_the_rest_go_on(monkeypatch):
    def crash(facts):
        raise RuntimeError("so")

    monkeypatch.setitem(REGISTRY, "host.crash", Check("host.crash", "It works", FAIL, (), ("v5",), crash))
    found = {each.id: each for each in diagnose(Facts(healthy_v5()), all_checks())}
    assert found["host.crash"].status == ERROR
    assert "RuntimeError: so" in found["host.crash"].evidence
    assert found["host.python"].status == PASS


@pytest.mark.parametrize("host", SAMPLES)
def test_every_trouble_has_a_remedy(host):
    """Each fact in turn is made false, 0 or empty: whatever is wrong then comes with the command that mends it."""
    for path in PATHS[host]:
        before = at(SAMPLES[host](), path)
        for value in {bool: [not before], int: [0, 10**12], str: [""], list: [[]]}.get(type(before), []):
            for each in diagnose(Facts(changed(SAMPLES[host](), **{path: value})), on(host)):
                assert each.status in (PASS, SKIP) or each.remedy, (path, value, each)
