"""./cli.py bundle: what it writes, prints and ends with; diagnose says the same of the file as of the hosts."""

import json
import stat
from pathlib import Path

import pytest
from bundles import facts_document
from click.testing import CliRunner

import cli
from diagnostics import bundle
from diagnostics.collect import Collected
from diagnostics.targets import BROKEN, UNREACHABLE, TargetError
from fleet.exits import Exit

INVENTORY = str(Path(__file__).parent / "data" / "fleet" / "inventory")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NINJALIFT_INVENTORY", INVENTORY)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hosts(monkeypatch):
    """Lets hosts answer without being asked: name → facts or TargetError. What was asked is in its .asked."""

    class Answers(dict):
        asked = ()

    answers = Answers()

    def collect(targets, options, backend="auto"):
        answers.asked = (targets, options, backend)
        for target in reversed(targets):  # in the order in which they come
            said = answers[target.name]
            error = said if isinstance(said, TargetError) else None
            yield Collected(target, None if error else said, error, 0.1)

    monkeypatch.setattr("fleet.bundle.collect", collect)
    monkeypatch.setattr("fleet.diagnose.collect", collect)
    return answers


def invoke(*arguments):
    return CliRunner().invoke(cli.main, [str(each) for each in arguments])


def test_one_host(hosts, tmp_path):
    missing = {"database": "PHP is not there", "cron/user_crontabs": "only root can read them"}
    document = facts_document("v5", app={"kind": "v5", "version": "5.10.17", "root": "/var/www/in"})
    hosts["ssh://h.test/var/www/in"] = {**document, "probe": {**document["probe"], "missing": missing}}
    done = invoke("bundle", "ssh://h.test/var/www/in", "-o", "b.tar.gz", "--sudo", "--ssh", "openssh", "--since", "2h")
    assert done.exit_code == Exit.OK, done.output
    assert done.output.splitlines() == [
        "Wrote b.tar.gz, which only you can read.",
        "ssh://h.test/var/www/in: Invoice Ninja V5 5.10.17 in /var/www/in",
        "  Could not be read:",
        "    cron/user_crontabs: only root can read them",
        "    database: PHP is not there",
        "Replaced in it, by kind:",
        "  email: 2",
        "Look into it before you send it:",
        "  tar -xzOf b.tar.gz ninjalift-bundle/README.txt",
    ]
    (target,), options, backend = hosts.asked
    assert (target.sudo, backend, bool(options.since)) == (True, "openssh", True)
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600


def test_both_hosts_of_a_client_one_of_them_unreachable(hosts, tmp_path):
    hosts["v4.fine.test"] = TargetError(
        "v4.fine.test does not answer: timed out.", "ssh -t v4.fine.test true", UNREACHABLE
    )
    hosts["v5.fine.test"] = facts_document("v5.fine.test")
    done = invoke("bundle", "fine", "-o", "b.tar.gz")
    assert done.exit_code == Exit.UNREACHABLE, done.output
    assert "v4.fine.test is not in it: v4.fine.test does not answer: timed out." in done.output
    assert "  Mend it with: `ssh -t v4.fine.test true`" in done.output
    read = bundle.read(tmp_path / "b.tar.gz")
    assert read.client == "fine"
    assert [(each.name, bool(each.document)) for each in read.hosts] == [
        ("v4.fine.test", False),
        ("v5.fine.test", True),
    ]


def test_the_findings_of_a_bundle_are_those_of_the_hosts(hosts, tmp_path):
    hosts["v4.fine.test"] = TargetError(
        "v4.fine.test does not answer: timed out.", "ssh -t v4.fine.test true", UNREACHABLE
    )
    hosts["v5.fine.test"] = facts_document("v5.fine.test")
    invoke("bundle", "fine", "-o", "b.tar.gz")
    live, sent = invoke("diagnose", "fine", "--json"), invoke("diagnose", "b.tar.gz", "--json")
    assert live.exit_code == sent.exit_code != Exit.BROKEN
    live, sent = json.loads(live.stdout), json.loads(sent.stdout)
    assert any(each["id"] == "host.reachable" and each["status"] == "error" for each in live["findings"])
    assert live["findings"] == sent["findings"]
    assert live["summary"] == sent["summary"]


def test_a_failure_of_the_tool_itself_is_no_unreachable_host(hosts):
    hosts["local"] = TargetError("Ninjalift itself failed.", kind=BROKEN)
    assert invoke("bundle", "local", "-o", "b.tar.gz").exit_code == Exit.BROKEN


def test_an_existing_file_is_refused_before_any_host_is_asked(hosts, tmp_path):
    (tmp_path / "b.tar.gz").write_text("mine")
    done = invoke("bundle", "local", "-o", "b.tar.gz")
    assert done.exit_code == Exit.USAGE
    assert "--force" in done.output
    assert not hosts.asked
    hosts["local"] = facts_document()
    assert invoke("bundle", "local", "-o", "b.tar.gz", "--force").exit_code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "needs a TARGET"),
        (("local",), "needs -o FILE"),
        (("local", "-o", "no/such/b.tar.gz"), "no directory"),
        (("local", "-o", "."), "is a directory"),
        (("nobody", "-o", "b.tar.gz"), "nobody"),
        (("local", "-o", "b.tar.gz", "--since", "soon"), "--since"),
        (("--script", "-o", "no/such/b.sh"), "no directory"),
    ],
)
def test_wrong_usage(hosts, arguments, said):
    done = invoke("bundle", *arguments)
    assert done.exit_code == Exit.USAGE
    assert said in done.output
    assert "Mend it with" in done.output
    assert not hosts.asked


def test_a_bundle_is_no_target(hosts, tmp_path):
    bundle.write(tmp_path / "b.tar.gz", [bundle.Host("x", "", facts_document())])
    done = invoke("bundle", "b.tar.gz", "-o", "c.tar.gz")
    assert done.exit_code == Exit.USAGE
    assert "is a bundle already" in done.output


def test_what_a_host_says_cannot_harm_the_terminal(hosts):
    document = facts_document(app={"kind": "v5", "root": "/\x1b[2J", "version": "\x9b5m"})
    probe = {**document["probe"], "missing": {"a\x07b": "\x1b]0;owned\x07\n\u202e"}, "redacted": {"e\x1b[1mmail": 1}}
    hosts["local"] = {**document, "probe": probe}
    done = invoke("bundle", "local", "-o", "b.tar.gz")
    assert not set(done.output) & set("\x1b\x07\x9b\u202e")


def test_the_script(tmp_path):
    done = invoke("bundle", "--script")
    assert done.exit_code == Exit.OK, done.output
    path = tmp_path / "ninjalift-bundle.sh"
    assert path.read_text() == bundle.script()
    assert "sudo sh ninjalift-bundle.sh" in done.output
    again = invoke("bundle", "--script")
    assert again.exit_code == Exit.USAGE
    assert "--force" in again.output


def test_the_script_for_a_client_makes_the_pseudonyms_of_its_bundles(tmp_path):
    for name, client in (("a.sh", "a"), ("b.sh", "b"), ("a2.sh", "a")):
        assert invoke("bundle", "--script", client, "-o", name).exit_code == Exit.OK
    first, other, again = ((tmp_path / name).read_text() for name in ("a.sh", "b.sh", "a2.sh"))
    assert first == again
    assert first != other
    assert stat.S_IMODE((tmp_path / "a.sh").stat().st_mode) == 0o600
