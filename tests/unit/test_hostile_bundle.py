"""A forged bundle whose every text wants to do harm: to the terminal, to a page, to whoever pastes a remedy."""

import functools
import html.parser
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from copy import deepcopy

import pytest
from click.testing import CliRunner
from facts_samples import healthy_v4, healthy_v5

import cli
from diagnostics import bundle, check, probe
from diagnostics.facts import Facts

MARKUP = "<x-evil></title><script>alert(1)</script><img src=x onerror=alert(1)>]]>--><![CDATA[&amp;&"
TERMINAL = "\x1b[2J\x1b]0;owned\x07\x9b5m\r\x08\x00\x7f"
DIRECTION = "\u202e\u2066\u200b\U000e0001"
SHELLS = ("a$(NINJAEVIL)`NINJAEVIL`;NINJAEVIL;|NINJAEVIL&NINJAEVIL&", "a'; NINJAEVIL; 'b\"; NINJAEVIL; \"$(NINJAEVIL)")


def hostile(document, text):
    """The document with this text behind each of its texts, and each switch turned, where the schema allows it."""

    def turn(parent, key):
        value = parent[key]
        if isinstance(value, (dict, list)):
            for inner in value if isinstance(value, dict) else range(len(value)):
                turn(value, inner)
            return
        if isinstance(value, bool):
            parent[key] = not value  # troubles are what gets shown
        elif isinstance(value, str):
            parent[key] = f"{value}{text}"
        if probe.validate({**needed, section: document[section]}):
            parent[key] = value

    document = deepcopy(document)
    needed = {key: document[key] for key in ("schema", "probe")}
    for section in document:
        turn(document, section)
    return document


@functools.lru_cache(maxsize=None)
def both(text):
    """The hostile facts of a V4 and a V5."""
    return hostile(healthy_v4(), text), hostile(healthy_v5(), text)


@pytest.fixture
def bundled(tmp_path):
    """Writes a bundle of a V4 and a V5, each with this hostile text, and returns its path."""

    def write(text):
        path = tmp_path / "b.tar.gz"
        hosts = [bundle.Host(f"{side}{text}", side, each) for side, each in zip(("v4", "v5"), both(text))]
        hosts.append(bundle.Host(f"gone{text}", "", None, f"no route{text}", f"ping{text}"))
        bundle.write(path, hosts, f"client{text}", force=True)
        return path

    return write


def diagnose(path, *options):
    done = CliRunner().invoke(cli.main, ["diagnose", str(path), *map(str, options)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.stdout


@pytest.mark.parametrize("text", [TERMINAL, DIRECTION], ids=["control", "direction"])
def test_a_terminal_takes_no_harm(bundled, text):
    path = bundled(text)
    said = diagnose(path, "--verbose")
    assert said.count("\n") > 20
    assert not {each for each in said if not each.isprintable()} - {"\n"}


class Page(html.parser.HTMLParser):
    """Collects what a browser would make elements and attributes of."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_page_takes_no_harm(bundled, tmp_path):
    path = bundled(MARKUP)
    diagnose(path, "--html", tmp_path / "a.html", "--junit", tmp_path / "a.xml")
    text = (tmp_path / "a.html").read_text()
    assert "x-evil" in text
    page = Page()
    page.feed(text)
    assert not page.tags & {"x-evil", "script", "img"}
    assert not {name for name in page.attributes if name.startswith("on")}
    ElementTree.fromstring((tmp_path / "a.xml").read_text())  # noqa: S314
    assert json.loads(diagnose(path, "--json"))["findings"]


def test_control_characters_leave_well_formed_documents(bundled, tmp_path):
    path = bundled(TERMINAL + DIRECTION + "\ufffe\U0001f680")
    diagnose(path, "--html", tmp_path / "a.html", "--junit", tmp_path / "a.xml")
    ElementTree.fromstring((tmp_path / "a.xml").read_text())  # noqa: S314
    assert json.loads(diagnose(path, "--json"))["findings"]


# Runs a remedy in a restricted shell that has no program, and tells whether the planted one would have run.
SANDBOX = """
trap 'evil=yes' USR1
command_not_found_handle() { case $1 in *NINJAEVIL*) kill -USR1 $$ ;; esac; return %d; }
shopt -s expand_aliases
alias cd=: exit=: exec=: kill=: sudo=: sh=:
%s
echo "evil=$evil"
"""


def harmful(remedy):
    """Whether pasting the remedy into a shell would run the planted program, be its commands there or fail."""
    return any(_harmful(remedy, status) for status in (0, 1))


def _harmful(remedy, status):
    done = subprocess.run(
        [shutil.which("bash"), "--norc", "-r"],
        input=SANDBOX % (status, remedy),
        env={"PATH": "/nonexistent"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "evil=yes" in done.stdout or "evil=" not in done.stdout


def test_the_sandbox_sees_harm():
    assert harmful("cd /x && a$(NINJAEVIL)")
    assert harmful("echo `NINJAEVIL`")
    assert harmful("cat 'x'; NINJAEVIL")
    assert not harmful("cd '/x;$(NINJAEVIL)' && php 'a`NINJAEVIL`'")


@pytest.mark.parametrize("text", SHELLS, ids=range(len(SHELLS)))
@pytest.mark.parametrize("side", [0, 1], ids=["v4", "v5"])
def test_a_remedy_that_is_pasted_takes_no_harm(side, text):
    """Only the planted texts differ between a remedy that is fine and one that is not."""
    facts = Facts(both(text)[side])
    findings = check.diagnose(facts, check.all_checks())
    remedies = {each.id: each.remedy for each in findings if each.remedy and "NINJAEVIL" in each.remedy}
    assert remedies
    bad = {id: remedy for id, remedy in remedies.items() if harmful(remedy)}
    assert not bad, "\n".join(f"{id}: {remedy!r}" for id, remedy in bad.items())
