"""Many targets at once: each one's answer or error comes, and none waits for another one."""

import json
import threading
from dataclasses import dataclass, replace

import pytest

from diagnostics import collect
from diagnostics.probe import ProbeError
from diagnostics.targets import BROKEN, REFUSED, UNREACHABLE, Ssh, Target, TargetError, parse


@dataclass(frozen=True)
class Options:
    """As the probe's, but for what does not matter here."""

    root: str = ""
    peer_url: str = ""
    salt: str = ""
    limit_seconds: float = 5


class Probe:
    """Stands for the probe: its script prints what it was asked for."""

    ProbeError = ProbeError

    def __init__(self):
        self.made = []

    def script(self, options):
        self.made.append(options)
        return f"printf %s '{json.dumps(vars(options))}'"

    def parse(self, said):
        try:
            return json.loads(said)
        except ValueError:
            raise ProbeError("What came is no document", "Run it again") from None


@pytest.fixture
def probe(monkeypatch, tmp_path):
    made = Probe()
    monkeypatch.setattr(collect, "probe", made)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return made


def all_of(targets, options=None, **given) -> dict:
    return {each.target: each for each in collect.collect(targets, options or Options(), **given)}


def test_each_target_is_asked_for_its_own(probe):
    here, there = parse("local:/srv/a b"), replace(parse("local:/srv/b"), client="client1", peer_url="https://v4.test")
    found = all_of([here, there], Options(root="/default", peer_url="https://given.test"))
    assert found[here].facts == {"root": "/srv/a b", "peer_url": "https://given.test", "salt": "", "limit_seconds": 5}
    assert found[there].facts["peer_url"] == "https://v4.test"
    assert len(found[there].facts["salt"]) == 64
    assert found[here].error is None
    assert found[here].seconds > 0


def test_the_text_is_made_once_for_all_that_ask_the_same(probe):
    targets = [Target(f"ssh://{number}.test", "local", str(number)) for number in range(20)]
    assert len(all_of(targets)) == 20
    assert len(probe.made) == 1


def test_none_waits_for_another_one(probe, monkeypatch):
    """The first target answers only when the others were handed out."""
    others_came = threading.Event()

    class Slow:
        def __init__(self, target):
            self.target = target

        def run(self, script, timeout):
            if self.target.name == "slow":
                assert others_came.wait(60)
            return b"{}"

    monkeypatch.setattr(collect, "transport", lambda target, *_: Slow(target))
    targets = [Target(name, "ssh", name, ssh=Ssh(name)) for name in ("slow", "a", "b", "c")]
    came = []
    for each in collect.collect(targets, Options(), workers=2):
        came.append(each.target.name)
        if len(came) == 3:
            others_came.set()
    assert came[-1] == "slow"
    assert sorted(came) == ["a", "b", "c", "slow"]


def test_what_goes_wrong_with_one_is_its_own(probe, monkeypatch):
    class Trouble:
        def __init__(self, target):
            self.target = target

        def run(self, script, timeout):
            if self.target.name == "away":
                raise TargetError("It is away.", "ssh away", UNREACHABLE)
            if self.target.name == "odd":
                raise ZeroDivisionError("one over none")
            return b"{}" if self.target.name == "fine" else b"no document"

    monkeypatch.setattr(collect, "transport", lambda target, *_: Trouble(target))
    targets = [Target(name, "ssh", name, ssh=Ssh(name)) for name in ("away", "odd", "babble", "fine")]
    found = {each.target.name: each for each in collect.collect(targets, Options())}
    assert found["fine"].facts == {}
    assert {name: each.error.kind for name, each in found.items() if each.error} == {
        "away": UNREACHABLE,
        "odd": BROKEN,
        "babble": REFUSED,
    }
    assert found["away"].error.remedy == "ssh away"
    assert "ZeroDivisionError: one over none" in found["odd"].error.message
    assert "no document" in found["babble"].error.message
    assert all(each.facts is None for name, each in found.items() if name != "fine")


def test_a_bundle_is_no_host(probe, tmp_path):
    (tmp_path / "b.tar.gz").touch()
    target = parse(str(tmp_path / "b.tar.gz"))
    assert "no host" in all_of([target])[target].error.message


def test_the_hosts_are_asked_before_anybody_waits_for_them(probe, monkeypatch):
    asked = threading.Event()

    class Host:
        def run(self, script, timeout):
            asked.set()
            return b"{}"

    monkeypatch.setattr(collect, "transport", lambda *_: Host())
    coming = collect.collect([Target("a", "ssh", "a", ssh=Ssh("a"))], Options())
    assert asked.wait(60)
    assert next(coming).facts == {}


def test_nothing_to_do(probe):
    assert all_of([]) == {}
