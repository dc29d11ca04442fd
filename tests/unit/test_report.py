"""The reports: golden files pin text, JSON and JUnit; text that means harm stays text in all of them.

NINJALIFT_GOLDEN=write rewrites the golden files; look at the difference before you commit it.
"""

import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from diagnostics.check import GROUPS, all_checks
from diagnostics.diagnosis import Diagnosis, Host, changes
from diagnostics.findings import ERROR, FAIL, PASS, SKIP, WARN
from diagnostics.report import documents, html, junit
from diagnostics.report.plain import lines, printable
from diagnostics.report.text import Writer
from tests import report_samples as samples

GOLDEN = Path(__file__).parent / "golden"
FAILED = next(each for each in samples.V5_FINDINGS if each.id == "queue.jobs-drain")
ALL = [samples.client(), samples.dead(), samples.well()]


def golden(name: str, said: str) -> None:
    file = GOLDEN / name
    if os.environ.get("NINJALIFT_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pipe.txt", {}),
        ("verbose.txt", {"verbose": True}),
        ("terminal-80.txt", {"width": 80, "colour": True}),
        ("terminal-38.txt", {"width": 38}),
    ],
)
def test_text(name, options):
    golden(name, Writer(**options).report(ALL) + "\n")


def test_text_of_one_target_without_a_fault():
    golden("well.txt", Writer().report([samples.well()]) + "\n")


def test_json():
    golden("several.json", documents.text(ALL) + "\n")
    golden("one.json", documents.text([samples.dead()]) + "\n")


def test_junit():
    golden("junit.xml", junit.text(ALL, samples.MADE))
    golden("junit-strict.xml", junit.text(ALL, samples.MADE, strict=True))


def test_the_document_is_what_the_issue_promises():
    one = json.loads(documents.text([samples.dead()]))
    assert {"schema", "target", "version", "findings", "summary"} <= set(one)
    assert one["schema"] == 1
    client, *_ = json.loads(documents.text(ALL))
    assert client["version"] == "4.5.50, 5.10.17"
    assert {each["host"] for each in client["findings"]} == {"client1-v4", "client1-v5"}
    for finding in client["findings"]:
        assert list(finding) == ["host", "id", "group", "status", "title", "evidence", "remedy", "page"]
    assert list(client["summary"]) == ["pass", "warn", "fail", "skip", "error"]
    assert sum(client["summary"].values()) == len(client["findings"])
    [ignored] = client["ignored"]
    assert ignored["id"] not in [each["id"] for each in client["findings"]]
    assert ignored["reason"] == "Removed with the next release (until 2026-12-31)"
    assert client["redacted"] == {"email": 3, "ip": 3}


def test_evidence_is_the_same_after_json():
    client = json.loads(documents.text([samples.client()]))
    [found] = [each for each in client["findings"] if each["id"] == "logs.known-errors"]
    assert found["evidence"] == samples.HOSTILE


def test_a_round_of_watch_is_one_line():
    assert "\n" not in documents.text(ALL, line=True)
    assert json.loads(documents.text(ALL, line=True)) == json.loads(documents.text(ALL))


@pytest.mark.parametrize("made", [Writer(width=80).report, documents.text])
def test_nothing_from_a_host_steers_the_terminal(made):
    said = made(ALL)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said)
    said.encode("utf-8")


def test_worst_first():
    order = [FAIL, ERROR, WARN, SKIP, PASS]
    found = [order.index(each.status) for each in samples.client().findings]
    assert found == sorted(found)
    groups = [GROUPS.index(each.group) for each in samples.client().findings if each.status == FAIL]
    assert groups == sorted(groups)


def test_only_a_terminal_is_coloured_and_wrapped():
    assert "\x1b[" in Writer(colour=True).report(ALL)
    assert "\x1b[" not in Writer().report(ALL)
    written = Writer(width=38).report([samples.client()]).splitlines()
    commands = [each for each in written if "artisan" in each]
    assert len(commands) == 1, "a command stays on one line, to be copied"
    assert all(len(each) <= 38 for each in written if each not in commands and "systemctl" not in each)


def test_every_line_of_a_pipe_is_whole():
    said = Writer().report([samples.client()])
    assert "3 jobs wait, the oldest for 4 hours, and no worker runs\n" in said


def test_skips_of_one_reason_are_one_line():
    written = Writer().report([samples.client()]).splitlines()
    assert [line for line in written if line.startswith("skip")] == [
        "skip   This is a container: host.clock",
        "skip   no certificate (of its own): tls.files [client1-v4]",
        "skip   V4's address is not known (--peer): tls.peer [client1-v5]",
        "skip   only root can test that: permissions.owners [client1-v4], permissions.writable [client1-v4]",
        "skip   no mail: mail.a [client1-v5], mail.b [client1-v5], mail.c [client1-v5] and 3 more (-v)",
    ]


# JUnit


ATTRIBUTES = {  # what Jenkins' junit-10.xsd lets an element have
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "time", "classname", "group"},
    "skipped": {"type", "message"},
    "error": {"type", "message"},
    "failure": {"type", "message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  # we wrote it


@pytest.mark.parametrize("strict", [False, True])
def test_junit_is_what_jenkins_reads(strict):
    root = parsed(junit.text(ALL, samples.MADE, strict=strict))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in root:
        assert re.fullmatch(r"\d{1,3}(\.\d+)?", suite.get("time"))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == len(suite.findall(f"testcase/{kind}"))
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(root.get("tests")) == sum(len(host.findings) for each in ALL for host in each.hosts)


def test_a_warning_is_a_failure_only_with_strict():
    plain, strict = (parsed(junit.text(ALL, samples.MADE, strict=each)) for each in (False, True))
    path = "testsuite/testcase[@classname='client1 client1-v4.tls']"
    assert plain.find(path).find("failure") is None
    assert "It ends in 9 days" in plain.find(path).findtext("system-out")
    assert strict.find(path).find("failure").get("type") == "warn"


# HTML


class Page(HTMLParser):
    """Collects the elements of a page; complains about one that is never closed."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def test_the_page_needs_nothing_else():
    text = html.text(ALL, samples.MADE)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "svg"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "style")]
        assert tag != "a" or attributes["href"].startswith("#")
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    policy = [each for tag, each in page.elements if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"].startswith("default-src 'none'")


def test_the_page_shows_everything_and_lets_nothing_out():
    said = "".join(Page(html.text(ALL, samples.MADE)).text)
    for diagnosis in ALL:
        for finding in [*diagnosis.findings, *diagnosis.ignored]:
            assert finding.id in said
            for line in [*lines(finding.evidence), *lines(finding.remedy)]:
                assert line in said
    assert "<script>alert(1)</script>" in said
    for part in ("3 × email", "Removed with the next release (until 2026-12-31)", "The --ignore of tls.chain ended"):
        assert part in said


def test_hostile_names_and_titles_are_text_too():
    bad = "<img src=x onerror=alert(1)>"
    finding = replace(FAILED, title=bad, host=bad, remedy=bad, ignored=bad)
    host = Host(bad, "v5", bad, [finding, replace(finding, ignored="")], {bad: 1})
    [diagnosis] = [Diagnosis(bad, [host])]
    page = Page(html.text([diagnosis, diagnosis], samples.MADE))
    assert "img" not in {tag for tag, _ in page.elements}
    parsed(junit.text([diagnosis], samples.MADE))


# What is shown of a host's text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("über 日本 🎉", "über 日本 🎉"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\u202eb\u200bc\ufeff", "a\\u202eb\\u200bc\\ufeff"),
        ("\x9b31m\xad", "\\x9b31m\\xad"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\nb\rc\td", "a\\nb\\x0dc\\x09d"),
        ("\u2028", "\\u2028"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


def test_lines():
    assert lines("a\r\n\n  b\tc \r\n\x85d") == ["a", "  b c", "\\x85d"]


# --watch


def _with(status, host="", id="queue.jobs-drain"):
    finding = replace(FAILED, status=status, host=host, id=id)
    return [Diagnosis("one", [Host(host, "v5", "5.10.17", [finding])])]


@pytest.mark.parametrize(
    ("before", "after", "new", "mended"),
    [
        (PASS, FAIL, 1, 0),
        (WARN, FAIL, 1, 0),
        (FAIL, WARN, 0, 0),
        (FAIL, FAIL, 0, 0),
        (FAIL, PASS, 0, 1),
        (FAIL, SKIP, 0, 0),
        (SKIP, WARN, 1, 0),
        (PASS, PASS, 0, 0),
    ],
)
def test_changes(before, after, new, mended):
    found = changes(_with(before), _with(after))
    assert (len(found[0]), len(found[1])) == (new, mended)


def test_a_host_that_went_and_came_back():
    all_checks()
    away = [replace(samples.dead(), target="one")]
    new, mended = changes(_with(PASS), away)
    assert [finding.id for _, finding in new] == ["host.reachable"]
    assert mended == []
    new, mended = changes(away, _with(PASS))
    assert new == []
    assert [(target, finding.id, finding.status) for target, finding in mended] == [("one", "host.reachable", PASS)]


def test_news_of_a_round():
    found = changes(_with(PASS), _with(FAIL))
    golden("news.txt", Writer().news(*found, ALL, "12:00:05") + "\n")
    assert "mended" in Writer().news(*changes(_with(FAIL), _with(PASS)), ALL, "12:00:05")
