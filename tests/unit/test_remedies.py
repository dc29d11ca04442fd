"""Commands in messages fit what was asked for: they can be pasted into a shell in the project's folder."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from fleet.exits import EDIT, UsageError
from fleet.outcome import REMEDY
from fleet.remedies import PROJECT, Situation, completed


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    monkeypatch.delenv("NINJALIFT_INVENTORY", raising=False)
    monkeypatch.chdir(PROJECT)


def default(file=None, **more):
    return Situation("verify", ("acme",), Path("inventory"), file, **more)


def given(file=None, **more):
    return Situation("verify", ("acme",), Path("/x/my inventory"), file, **more)


WHERE = "'/x/my inventory'"
VIEW = "ansible-vault view inventory/group_vars/acme/vault.yml"


@pytest.mark.parametrize(
    ("situation", "command", "complete"),
    [
        # What needs nothing stays as it is.
        (given("/f"), "ssh admin@v4 true", "ssh admin@v4 true"),
        (given("/f"), "cat /x/inventory/group_vars/a/vars.yml", "cat /x/inventory/group_vars/a/vars.yml"),
        (given("/f"), "./cli.py lab up --name x", "./cli.py lab up --name x"),
        (given("/f"), "./cli.py migrate --help", "./cli.py migrate --help"),
        (default(), "./cli.py verify acme", "./cli.py verify acme"),
        # What was given beside the defaults.
        (given(), "./cli.py verify acme", f"./cli.py verify acme -i {WHERE}"),
        (given("/f"), "./cli.py run acme", f"./cli.py run acme -i {WHERE} --vault-password-file /f"),
        (given("/f"), "./cli.py run acme --ask-vault-pass", f"./cli.py run acme --ask-vault-pass -i {WHERE}"),
        (given(asked=True), "./cli.py run acme", f"./cli.py run acme -i {WHERE} --ask-vault-pass"),
        (given(asked=True), "./cli.py init", f"./cli.py init -i {WHERE}"),
        (given(), "./cli.py migrate a --force 'Li & Co; x'", f"./cli.py migrate a --force 'Li & Co; x' -i {WHERE}"),
        (given(), "cd /p && ./cli.py run a; id", f"cd /p && ./cli.py run a -i {WHERE}; id"),
        # Ansible's own programs are in .venv alone, and know neither our default inventory nor our password's file.
        (default("/f"), VIEW, f".venv/bin/{VIEW}".replace("view", "view --vault-password-file /f")),
        (default(asked=True), VIEW, f".venv/bin/{VIEW}"),
        (default(), "ansible-inventory --graph", ".venv/bin/ansible-inventory -i inventory --graph"),
        (given("/f"), "ansible a -m ping", f".venv/bin/ansible -i {WHERE} --vault-password-file /f a -m ping"),
        (given(asked=True), "ansible a -m ping", f".venv/bin/ansible -i {WHERE} --ask-vault-pass a -m ping"),
        (given(), f"{EDIT} inventory/group_vars/a/vars.yml", f"{EDIT} {WHERE}/group_vars/a/vars.yml"),
    ],
)
def test_a_command_is_completed_once(situation, command, complete):
    assert situation.command(command) == complete
    assert situation.command(complete) == complete


def test_only_commands_in_a_message_are_touched():
    message = "The ansible user `ops` is missing in inventory/group_vars/. Mend it with: `./cli.py run a`, then `id`"
    assert given().text(message) == message.replace("run a", f"run a -i {WHERE}")


def test_what_the_environment_says_need_not_be_said(monkeypatch, tmp_path):
    monkeypatch.setenv("NINJALIFT_INVENTORY", "/x/my inventory")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "/f")
    assert given("/f").command("./cli.py run a") == "./cli.py run a"
    assert given("/f").command("ansible a") == f".venv/bin/ansible -i {WHERE} a"
    (tmp_path / "ninjalift").mkdir()
    made = tmp_path / "ninjalift" / "vault-password"
    made.touch()
    assert given(str(made)).command("./cli.py run a") == "./cli.py run a"


def test_an_inventory_that_is_a_file_has_its_variables_beside_it(tmp_path):
    (tmp_path / "hosts").touch()
    situation = Situation("verify", ("a",), tmp_path / "hosts")
    assert situation.edit("a") == f"{EDIT} {tmp_path}/group_vars/a/vars.yml"


def test_from_another_folder_paths_are_whole(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert default().command("./cli.py run a") == f"./cli.py run a -i {tmp_path}/inventory"


def test_an_error_s_placeholders_become_what_was_asked_for():
    with pytest.raises(UsageError) as caught, completed(Situation("run", ("a", "b"), Path("inventory"))):
        raise UsageError("No password.", "./cli.py COMMAND CLIENT --ask-vault-pass")
    assert str(caught.value) == "No password. Mend it with: `./cli.py run a b --ask-vault-pass`"


def test_an_editor_that_is_not_set_is_nano(tmp_path):
    (tmp_path / "nano").write_text('#!/bin/sh\necho "nano $1"\n')
    (tmp_path / "nano").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", f"{EDIT} file"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "nano file\n"


def test_the_programs_that_are_named_are_there():
    for command in ("ansible a", "ansible-vault view a", "ansible-inventory --graph", "ansible-playbook a.yml"):
        program = shlex.split(default().command(command))[0]
        assert os.access(PROJECT / program, os.X_OK), program


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("It is cut short. Mend it with: `curl -O x`", "curl -O x"),
        (
            "To replace it (a backup is taken first), mend it with: `./cli.py migrate a --force B`",
            "./cli.py migrate a --force B",
        ),
        ("See it with: `ps -fu x`. Let it end, then mend it with: `./cli.py provision a`", "./cli.py provision a"),
        ("Is port 443 open? See it with: `curl -v https://a.test`", ""),  # it shows more, and mends nothing
        ("The user `ops` is not there", ""),
    ],
)
def test_the_command_in_a_message_is_its_remedy(message, remedy):
    assert REMEDY.findall(message) == [remedy] * bool(remedy)
