"""The command line: its help, its exit statuses, its documents; whole commands on playbooks that need no host."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from fleet.exits import Exit

DATA = Path(__file__).parent / "data" / "fleet"
INVENTORY = str(DATA / "inventory")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NINJALIFT_INVENTORY", INVENTORY)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """verify plays outcomes.yml."""
    monkeypatch.setitem(cli.PLAYBOOKS, "verify", str(DATA / "playbooks" / "outcomes.yml"))


@pytest.fixture
def played(monkeypatch):
    """What the commands would play, without playing it."""
    calls = []

    def play(situation, file, variables, **options):
        calls.append((situation.verb, situation.clients, variables, options))
        return Exit.OK

    monkeypatch.setattr(cli, "play", play)
    return calls


def invoke(*arguments, **options):
    return CliRunner().invoke(cli.main, list(arguments), **options)


@pytest.mark.parametrize(
    ("arguments", "verb", "variables"),
    [
        (["verify", "a"], "verify", {}),
        (["upgrade", "a"], "upgrade", {}),
        (["provision", "a"], "provision", {}),
        (["logging", "on", "a"], "logging", {"v5_logging_expanded": True}),
        (["logging", "off", "a"], "logging", {"v5_logging_expanded": False}),
        (["migrate", "a"], "migrate", {}),
        (["migrate", "a", "--transport", "v4-host"], "migrate", {"migration_transport": "v4_host"}),
        (
            ["migrate", "a", "--force", "Acme Ltd"],
            "migrate",
            {"migration_force": True, "migration_force_company": "Acme Ltd"},
        ),
        (["migrate", "a", "--remove-blank"], "migrate", {"migration_remove_blank": True}),
        (["check-data", "a"], "check-data", {}),
        (["repair", "a", "--execute"], "repair", {"repair_execute": True}),
        (
            ["repair", "a", "balances", "documents", "--execute"],
            "repair",
            {"repair_execute": True, "repair_parts": ["balances", "documents"]},
        ),
    ],
)
def test_commands_and_their_variables(played, arguments, verb, variables):
    assert invoke(*arguments).exit_code == 0
    assert played == [(verb, ("a",), variables, {"plan": False, "as_json": False, "strict": False, "verbose": False})]


@pytest.mark.parametrize(
    ("arguments", "clients", "parts"),
    [
        (["a", "b"], ("a", "b"), None),
        (["a", "leftovers"], ("a",), ["leftovers"]),
        (["documents", "a", "documents"], ("documents", "a"), ["documents"]),  # a client may have such a name
    ],
)
def test_a_repair_without_execute_is_a_plan(played, arguments, clients, parts):
    assert invoke("repair", *arguments).exit_code == 0
    [(verb, names, variables, options)] = played
    assert (verb, names, variables.get("repair_parts"), options["plan"]) == ("repair", clients, parts, True)
    assert variables["repair_execute"] is False


def test_a_repair_that_could_not_begin_was_a_plan(played):
    for arguments, plan in (([], True), (["--execute"], False)):
        shown = invoke("repair", "a", "--json", "--no-such-option", *arguments)
        assert shown.exit_code == Exit.USAGE
        assert json.loads(shown.stdout)["plan"] is plan


def test_several_clients_and_the_common_options(played):
    assert invoke("check-data", "a", "b", "--plan", "--json", "--strict", "-v").exit_code == 0
    [(_, names, _, options)] = played
    assert names == ("a", "b")
    assert all(options.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["repair"],
        ["repair", "documents"],
        ["logging", "a"],
        ["migrate", "a", "--force", " "],
        ["migrate", "a", "--transport", "x"],
        ["nothing"],
    ],
)
def test_wrong_usage(played, arguments):
    assert invoke(*arguments).exit_code == Exit.USAGE
    assert played == []


def test_the_playbooks_are_there():
    for name in cli.PLAYBOOKS.values():
        assert (cli.HERE / "playbooks" / name).is_file()


def test_help_tells_the_exit_statuses_as_docs_do():
    docs = (cli.HERE / "docs" / "cli.md").read_text()
    for arguments in (["--help"], ["migrate", "--help"]):
        text = invoke(*arguments).output
        for status in Exit:
            assert f"{int(status)}  {status.meaning}" in text
            assert f"| {int(status)} | {status.meaning} |" in docs


def test_docs_name_every_command_and_option():
    docs = (cli.HERE / "docs" / "cli.md").read_text()
    for name, command in cli.main.commands.items():
        assert f"./cli.py {name}" in docs
        for parameter in command.params:
            for option in parameter.opts:
                assert not option.startswith("--") or f"`{option}" in docs, f"{name} {option}"


def test_an_unknown_client_is_refused_before_anything_runs(home):
    done = invoke("migrate", "nobody")
    assert done.exit_code == Exit.USAGE
    assert "There is no client 'nobody'" in done.stderr
    assert "Mend it with: `./cli.py init" in done.stderr
    assert not (home / "state").exists()


def broken(*_, **__):
    raise RuntimeError("boom")


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "play", "status", "part"),
    [
        (["migrate", "nobody"], None, Exit.USAGE, "There is no client 'nobody'"),
        (["migrate", "fine", "--force", ""], None, Exit.USAGE, "--force needs the name"),
        (["migrate"], None, Exit.USAGE, "Missing argument 'CLIENT...'"),
        (["migrate", "fine", "--no-such-option"], None, Exit.USAGE, "--no-such-option"),
        (["migrate", "fine"], broken, Exit.BROKEN, "Ninjalift itself failed: RuntimeError: boom."),
        (["migrate", "fine"], interrupted, Exit.BROKEN, "nothing was begun"),
    ],
)
def test_every_end_is_a_document(monkeypatch, arguments, play, status, part):
    if play:
        monkeypatch.setattr(cli, "play", play)
    monkeypatch.delenv("NINJALIFT_DEBUG", raising=False)
    done = invoke(*arguments, "--json", "--plan")
    assert done.exit_code == status
    document = json.loads(done.stdout)
    assert part in document.pop("message")
    assert isinstance(document.pop("remedy"), str)
    assert document == {"schema": 1, "verb": "migrate", "plan": True, "exit": status, "record": "", "clients": []}


def test_the_vaults_remedy_is_a_whole_command(home):
    inventory = home / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "hosts.yml").write_text("---\nv4: {hosts: {a: }}\nv5: {hosts: {b: }}\nc1: {hosts: {a: , b: }}\n")
    (inventory / "group_vars" / "c1.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3061\n")
    done = invoke("verify", "c1", "-i", str(inventory))
    assert done.exit_code == Exit.USAGE
    assert f"`./cli.py verify c1 --ask-vault-pass -i {inventory}`" in done.stderr


def test_a_failure(small):
    done = invoke("verify", "fails", "fine")
    assert done.exit_code == Exit.FAIL
    assert "fails: x Fail with a sentence: The archive is too short." in done.stderr
    report = done.stdout.splitlines()
    assert report[:2] == [
        "fails: verify FAILED",
        "  The archive is too short. Mend it with: `curl -O https://example.com/archive` (step 'Fail with a sentence')",
    ]
    assert report[2] == "fine: verify done: nothing had to be changed"


def test_json_is_all_that_stdout_gets(small, home):
    done = invoke("verify", "away", "warns", "--json")
    assert done.exit_code == Exit.UNREACHABLE
    document = json.loads(done.stdout)
    assert [(each["client"], each["status"]) for each in document["clients"]] == [
        ("away", "unreachable"),
        ("warns", "warn"),
    ]
    assert document["clients"][1]["findings"][0]["id"] == "one"
    assert json.loads((Path(document["record"]) / "result.json").read_text()) == document


def test_strict(small):
    assert invoke("verify", "warns", "--strict").exit_code == Exit.WARN


def test_our_own_fault_is_one_sentence(monkeypatch):
    monkeypatch.delenv("NINJALIFT_DEBUG", raising=False)
    monkeypatch.setattr(cli, "play", broken)
    done = invoke("verify", "fine")
    assert done.exit_code == Exit.BROKEN
    assert done.stderr.startswith("Ninjalift itself failed: RuntimeError: boom.")
    assert "Traceback" not in done.output


def test_the_vault_password_is_never_an_argument(monkeypatch):
    seen = []

    def play(situation, file, variables, **options):
        assert situation.asked
        seen.append((Path(file).read_text(), Path(file).stat().st_mode & 0o777, file))
        return Exit.OK

    monkeypatch.setattr(cli, "play", play)
    done = invoke("verify", "fine", "--ask-vault-pass", input="sesame\n")
    assert done.exit_code == 0
    assert "sesame" not in done.output
    [(text, mode, file)] = seen
    assert (text, mode) == ("sesame\n", 0o600)
    assert not Path(file).exists()


def test_help_loads_neither_ansible_nor_rich_nor_the_lab():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(cli.HERE / "cli.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & {"ansible", "ansible_runner", "rich", "lab", "jinja2", "cryptography", "migration"}


def test_the_product_never_imports_the_lab():
    for room in ("fleet", "migration", "plugins"):
        for path in (cli.HERE / room).rglob("*.py"):
            assert not re.search(r"^\s*(from|import) lab\b", path.read_text(), re.M), path


def test_without_the_packages_it_says_how_to_install_them(tmp_path):
    (tmp_path / "cli.py").write_bytes((cli.HERE / "cli.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "cli.py"), "verify"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == Exit.BROKEN
    assert "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt" in done.stderr
    assert "Traceback" not in done.stderr
