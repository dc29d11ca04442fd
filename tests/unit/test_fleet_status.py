"""How far a client is, from what its servers said; and what `status` prints of it."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from facts_samples import NOW, changed, healthy_v4, healthy_v5

import cli
from diagnostics.collect import Collected
from diagnostics.facts import Facts
from diagnostics.findings import FAIL, WARN, Finding
from diagnostics.targets import UNREACHABLE, TargetError
from fleet import status
from fleet.exits import Exit

KEY = "<key:9c1d22>"
OWNER = "<email:5e0b1f>"


def company(**fields):
    return {
        "id": 2,
        "account_id": 1,
        "key": KEY,
        "name": "<name:1a2b3c>",
        "blank": False,
        "disabled": True,
        "default": False,
        "age_seconds": 900,
        "invoices": 64,
        "clients": 12,
        "imported": True,
        **fields,
    }


def v4(**changes):
    return status.Side(Facts(changed(healthy_v4(), **changes)))


def v5(*companies, findings=(), **changes):
    document = changed(healthy_v5(), **changes)
    first = company(id=1, key="<key:000001>", blank=True, disabled=False, default=True, imported=False, invoices=0)
    document["database"]["companies"] = [first, *companies]
    return status.Side(Facts(document), list(findings))


def nothing():
    return status.Side(Facts({"schema": 1, "app": {"kind": ""}, "time": {"epoch": 1}}))


def derived(old, new, **expected):
    return status.derived("client1", old, new, status.Expected(**{"owner": OWNER, **expected}))


OLD = {"app__version": "4.5.17"}
CUT = {"database__accounts": [{**healthy_v4()["database"]["accounts"][0], "forward_url": "https://v5.client1.test"}]}


@pytest.mark.parametrize(
    ("old", "new", "stage", "following", "word", "action"),
    [
        (v4(**OLD), nothing(), "", "upgrade", "V4 is 4.5.17", "./cli.py run client1"),
        (v4(app__upgrade_note="changing"), nothing(), "", "upgrade", "broken off", "./cli.py run client1"),
        (v4(), nothing(), "upgrade", "provision", "no V5 yet", "./cli.py run client1"),
        (v4(**OLD), v5(), "", "upgrade", "V4 is 4.5.17", "./cli.py run client1"),
        (v4(), v5(), "provision", "migrate", "does not hold", "./cli.py run client1"),
        (v4(), v5(company(key="<key:ffffff>")), "provision", "migrate", "does not hold", "./cli.py run client1"),
        (v4(), v5(company()), "migrate", "cutover", "V4 is still", "./cli.py check-data client1"),
        (v4(**CUT), v5(company(disabled=False)), "cutover", "", "in use", ""),
        (v4(**CUT), v5(company()), "migrate", "cutover", "broken off", "./cli.py cutover client1"),
        (v4(), v5(company(disabled=False)), "migrate", "cutover", "both are in use", "./cli.py cutover client1"),
        (v4(database__accounts=None), v5(company()), "migrate", "cutover", "be read", "./cli.py check-data client1"),
        (None, v5(company()), "migrate", "cutover", "could not be read", "./cli.py check-data client1"),
        (None, v5(), "provision", "migrate", "does not hold", "./cli.py run client1"),
    ],
)
def test_how_far_it_is(old, new, stage, following, word, action):
    state = derived(old, new)
    assert (state.stage, state.next, state.action, state.health) == (stage, following, action, "ok")
    assert word in state.why


def test_who_is_at_work_is_told():
    held = {"client": "client1", "host": "ops-1", "process": "4711", "age_seconds": 300, "silent_seconds": 12}
    state = derived(v4(**OLD), v5(migration__lock=held))
    assert state.locked == "process 4711 on ops-1, for 5 minutes"
    assert state.why == "Ninjalift is at work: process 4711 on ops-1, for 5 minutes."
    assert state.action == "./cli.py status client1 --watch"
    assert "at work" in status.table([state])
    assert "client1: Ninjalift is at work" in status.table([state])
    half = derived(v4(), v5(company(invoices=1), migration__lock=held))
    assert (half.health, half.action) == ("ok", "./cli.py status client1 --watch"), "what a run has begun, it ends"
    quiet = derived(v4(**OLD), v5(migration__lock={**held, "silent_seconds": 61}))
    assert quiet.locked.endswith(", without a sign of life for 1 minute")


def test_a_company_that_is_not_whole_is_not_migrated():
    state = derived(v4(), v5(company(invoices=10)))
    assert (state.stage, state.next, state.health) == ("provision", "migrate", FAIL)
    assert state.why == "V5 holds this company, but only 10 of 64 invoices."
    assert state.action == "./cli.py migrate client1"


def test_the_account_of_a_v4_with_several_is_the_owner_s():
    one = healthy_v4()["database"]["accounts"][0]
    two = {**one, "id": 2, "key": "<key:222222>", "owner": "<email:222222>"}
    both = v4(database__accounts=[two, one])
    assert derived(both, v5(company())).stage == "migrate"
    assert derived(both, v5(company()), key="<key:222222>").stage == "provision"
    nobody = derived(both, v5(), owner="<email:999999>")
    assert (nobody.stage, nobody.records) == ("provision", None)


def test_an_import_that_runs_is_shown():
    running = v5(company(), migration__unit={"name": "ninjalift-import-x", "state": "active"})
    state = derived(v4(), running)
    assert state.importing
    assert state.action == "./cli.py status client1 --watch"
    assert "import" in status.table([state])


def test_a_failed_check_names_what_mends_it():
    trouble = Finding("cron.service", FAIL, "Cron runs", "cron is stopped", "systemctl start cron")
    state = derived(v4(), v5(findings=[Finding("a.b", WARN, "Small", "x"), trouble]))
    assert (state.health, state.why, state.action) == (FAIL, "Cron runs: cron is stopped", "systemctl start cron")
    warned = derived(v4(), v5(findings=[Finding("a.b", WARN, "Small", "x", "mend")]))
    assert (warned.health, warned.action) == (WARN, "./cli.py run client1")


def test_what_the_way_itself_mends_is_no_illness():
    old = Finding(
        "application.v4-version", FAIL, "V4 is the newest", "V4 is 4.5.17", "# somewhere: ./cli.py upgrade client1"
    )
    side = status.Side(v4(**OLD).facts, [old])
    state = derived(side, nothing())
    assert (state.health, state.action) == ("ok", "./cli.py run client1")
    late = status.Side(v4().facts, [old])
    state = derived(late, nothing())
    assert (state.health, state.action) == (FAIL, "./cli.py upgrade client1"), "the comment is no command"
    closed = status.Side(v4().facts, [Finding("tls.peer-connects", FAIL, "The other side's port is open", "refused")])
    assert derived(closed, nothing()).health == "ok", "a V5 that is not there yet answers nobody"
    assert derived(closed, v5()).health == FAIL
    off = Finding("application.disabled-companies", WARN, "Every company is active", "inactive: company 2", "activate")
    assert derived(v4(), v5(company(), findings=[off])).health == "ok", "it is, until the cut-over"
    assert derived(v4(**CUT), v5(company(disabled=False), findings=[off])).health == WARN


def test_a_bare_host_is_not_ill():
    bare = status.Side(nothing().facts, [Finding("application.found", FAIL, "It is there", "nothing", "look")])
    assert derived(v4(), bare).health == "ok"


def test_a_silent_host_makes_the_stage_unknown():
    away = status.Side(None, error="v5 cannot be reached by SSH: no route.", remedy="ssh v5 true")
    state = derived(v4(), away)
    assert (state.stage, state.health, state.action) == (None, status.UNREACHABLE, "ssh v5 true")
    assert state.exit is Exit.UNREACHABLE


def test_exit_statuses():
    ok, away = derived(v4(), v5()), derived(v4(), status.Side(None, error="x"))
    failed = derived(v4(), v5(company(clients=1)))
    warned = derived(v4(), v5(findings=[Finding("a.b", WARN, "Small", "x")]))
    assert status.exit_status([ok, warned]) is Exit.OK
    assert status.exit_status([ok, warned], strict=True) is Exit.WARN
    assert status.exit_status([ok, away]) is Exit.UNREACHABLE
    assert status.exit_status([away, failed]) is Exit.FAIL
    assert status.exit_status([failed, derived(v4(), status.Side(None, error="x", broken=True))]) is Exit.BROKEN


def test_the_table():
    text = status.table([derived(v4(), v5()), derived(v4(), v5(company(invoices=3)))])
    lines = text.splitlines()
    assert lines[0].split() == ["client", "V4", "V5", "stage", "health", "next"]
    assert lines[1].split() == ["client1", "4.5.50", "5.10.17", "provision", "ok", "migrate"]
    assert "  Mend it with: `./cli.py migrate client1`" in lines
    assert lines[-1] == "2 clients: 2 provision, 1 fail"
    assert "\x1b" not in text
    assert "\x1b[1;31mfail" in status.table([derived(v4(), v5(company(invoices=3)))], colour=True)
    assert max(map(len, status.table([derived(v4(), v5())], width=20).splitlines()[:2])) <= 20


INVENTORY = """---
all: {vars: {ansible_connection: local, v4_owner_email: owner@client1.test, migration_transport: v4_host}}
v4: {hosts: {a4: {}, b4: {}, c4: {migration_transport: wizard}}}
v5: {hosts: {a5: {}, b5: {}, c5: {migration_transport: wizard}}}
alpha: {hosts: {a4: {}, a5: {}}}
beta: {hosts: {b4: {}, b5: {}}}
gamma: {hosts: {c4: {}, c5: {}}}
"""


def clock_at(monkeypatch, epoch):
    """Make this the controller's time."""
    monkeypatch.setattr(status, "time", SimpleNamespace(time=lambda: epoch))


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An inventory of three clients, whose hosts answer what `answers` says: host → facts, or an error."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    monkeypatch.setenv("NINJALIFT_INVENTORY", str(tmp_path / "hosts.yml"))
    answers, hosts = {}, []

    def collect(targets, options):
        for each in targets:
            assert each.sudo, "what the playbooks see as root, status sees too"
            hosts.append(each.name)
            said = answers.get(each.name, healthy_v4() if each.name.endswith("4") else v5().facts.document)
            known = isinstance(said, dict)
            yield Collected(each, said if known else None, None if known else said, 0.1)

    monkeypatch.setattr(status, "collect", collect)
    clock_at(monkeypatch, NOW)
    return answers, hosts


def invoke(*arguments):
    return CliRunner().invoke(cli.main, ["status", *arguments])


def test_the_command_asks_everybody_and_tells_the_worst(asked):
    answers, hosts = asked
    answers["b5"] = TargetError("b5 cannot be reached by SSH: no route.", "ssh b5 true", UNREACHABLE)
    done = invoke("--json")
    assert done.exit_code == Exit.UNREACHABLE, done.output
    clients = {each["client"]: each for each in json.loads(done.output)["clients"]}
    assert list(clients) == ["alpha", "beta", "gamma"]
    assert clients["alpha"]["stage"] == "provision"
    assert clients["alpha"]["records"]["invoices"] == 64
    assert clients["beta"]["health"] == "unreachable"
    assert "c4" not in hosts, "a V4 without a shell cannot be asked"


def test_patterns(asked):
    assert [each["client"] for each in json.loads(invoke("--json", "g*", "alpha").output)["clients"]] == [
        "gamma",
        "alpha",
    ]
    assert [each["client"] for each in json.loads(invoke("--json", "!g*").output)["clients"]] == ["alpha", "beta"]
    refused = invoke("--json", "delta")
    assert refused.exit_code == Exit.USAGE
    assert "No client of" in json.loads(refused.output)["message"]


def test_clocks_that_differ_are_told(asked, monkeypatch):
    clock_at(monkeypatch, NOW + 7300)
    assert "alpha: a clock is 2 hours behind this machine's." in invoke("alpha").output
    clock_at(monkeypatch, NOW - 400)
    assert "alpha: a clock is 6 minutes ahead of this machine's." in invoke("alpha").output
    clock_at(monkeypatch, NOW - 200)
    assert "clock" not in invoke("alpha").output


def test_watch_tells_what_changed(asked, monkeypatch):
    answers, _ = asked
    rounds = []

    def sleep(_):
        if rounds:
            raise KeyboardInterrupt
        rounds.append(1)
        answers["a5"] = v5(company(invoices=10, key=KEY)).facts.document

    monkeypatch.setattr("commands.status.time.sleep", sleep)
    done = invoke("--watch", "alpha", "beta")
    assert done.exit_code == Exit.FAIL, done.output
    assert done.output.splitlines()[-1:] == ["alpha: V4 4.5.50 V5 5.10.17 stage provision health fail next migrate"]
