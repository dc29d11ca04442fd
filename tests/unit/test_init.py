"""What init asks for and writes: an inventory that Ansible loads, with the secrets in a vault."""

import subprocess
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

import cli
from fleet import init, vault
from fleet.exits import UsageError
from fleet.inventory import find_clients, read
from fleet.questions import QUESTIONS

SUM = "sha256:" + "a" * 64
TRICKY = """a "quote" 'and' {{ braces }} \\ #: é"""
ANSWERS = {
    "client": "acme",
    "v4_host": "v4.acme.test",
    "v4_ssh_user": "admin",
    "v4_url": "https://v4.acme.test",
    "v4_owner_email": "Owner@acme.test",
    "v5_host": "v5.acme.test",
    "v5_url": "https://v5.acme.test",
    "v5_archive_checksum": SUM,
    "v5_owner_password": TRICKY,
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "NINJALIFT_INVENTORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def inventory(home):
    return home / "inventory"


def variables(inventory, host):
    return read(inventory, vault.made_by_init())["_meta"]["hostvars"][host]


def test_what_is_written_loads_and_keeps_the_contract(inventory):
    written = init.write(inventory, dict(ANSWERS), None)
    assert {path.name for path in written.files} == {"acme.yml", "vars.yml", "vault.yml", "vault-password"}
    [client] = find_clients(inventory, ("acme",), vault.made_by_init())
    assert (client.v4, client.v5) == ("acme-v4", "acme-v5")
    assert client.ssh["acme-v5"] == "admin@v5.acme.test"
    mine = variables(inventory, "acme-v4")
    assert {key: mine[key] for key in ("v4_url", "v4_owner_email", "v5_url", "v5_archive_checksum")} == {
        key: ANSWERS[key] for key in ("v4_url", "v4_owner_email", "v5_url", "v5_archive_checksum")
    }
    assert mine["v4_root"] == mine["v5_root"] == "/var/www/invoiceninja"
    assert mine["v5_archive_url"].endswith("/v5.10.17/invoiceninja.tar")
    assert mine["v5_web_acme_email"] == "Owner@acme.test"
    assert mine["v5_owner_password"] == {"__ansible_unsafe": TRICKY}  # Ansible takes it as it is
    assert "v4_upgrade_archive_url" not in mine
    assert written.next_command.startswith("./cli.py verify acme -i ")


def test_secrets_are_only_in_the_vault(inventory):
    init.write(inventory, dict(ANSWERS), None)
    text = (inventory / "group_vars/acme/vault.yml").read_text()
    assert text.startswith("$ANSIBLE_VAULT;1.1;AES256")
    assert vault.opens(text, vault.default_file().read_text().strip())
    for path in (*inventory.rglob("*"), vault.default_file()):
        if path.is_file():
            assert "braces" not in path.read_text()
            assert path.stat().st_mode & 0o777 == 0o600


def test_a_password_for_v5_is_made(inventory):
    written = init.write(inventory, {**ANSWERS, "v5_owner_password": ""}, None)
    assert len(variables(inventory, "acme-v5")["v5_owner_password"]) == 20
    view, alone = (next(note for note in written.notes if part in note) for part in ("vault view", "runs alone"))
    secrets = f"{inventory}/group_vars/acme/vault.yml"
    assert f"`.venv/bin/ansible-vault view --vault-password-file {vault.default_file()} {secrets}`" in view
    playbook = f"-i {inventory} --vault-password-file {vault.default_file()} playbooks/verify_v4.yml --limit acme"
    assert f"`.venv/bin/ansible-playbook {playbook}`" in alone
    # They work as they are printed, in the project's folder.
    for note in (view, alone.replace("playbooks/verify_v4.yml", "--syntax-check playbooks/verify_v4.yml")):
        command = note.partition("`")[2].partition("`")[0]
        done = subprocess.run(["sh", "-c", command], cwd=cli.HERE, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_second_client_beside_the_first(inventory):
    init.write(inventory, dict(ANSWERS), None)
    before = {path: path.read_bytes() for path in inventory.rglob("*") if path.is_file()}
    other = {"client": "beta", "v4_host": "v4.beta.test", "v5_host": "v5.beta.test", "v5_url": "https://v5.beta.test"}
    init.write(inventory, {**ANSWERS, **other, "v4_url": "https://v4.beta.test"}, None)
    assert all(path.read_bytes() == content for path, content in before.items())
    assert [each.name for each in find_clients(inventory, ("acme", "beta"), vault.made_by_init())] == ["acme", "beta"]


def test_one_machine_has_two_roots_and_two_phps(inventory):
    init.write(inventory, {**ANSWERS, "v5_host": "v4.acme.test"}, None)
    [client] = find_clients(inventory, ("acme",), vault.made_by_init())
    assert client.v4 == client.v5 == "acme-server"
    mine = variables(inventory, "acme-server")
    assert (mine["v4_php"], mine["v5_php"]) == ("/usr/bin/php7.4", "/usr/bin/php8.2")
    assert mine["v4_root"] != mine["v5_root"]


def test_own_certificate_upgrade_and_wizard(inventory):
    more = {
        "v4_upgrade_archive_url": "https://example.com/ninja.zip",
        "v4_upgrade_archive_checksum": SUM,
        "v5_web_tls_mode": "files",
        "v5_web_tls_certificate_src": "/etc/ssl/v5.pem",
        "v5_web_tls_key_src": "/etc/ssl/v5.key",
        "migration_transport": "wizard",
        "v4_owner_password": "sesame",
        "v5_api_secret": "barley",
    }
    init.write(inventory, {**ANSWERS, **more}, None)
    mine = variables(inventory, "acme-v4")
    assert more.items() <= mine.items()
    assert "v5_web_acme_email" not in mine


def refused(inventory, given, password_file=None):
    before = sorted(inventory.parent.rglob("*"))
    with pytest.raises(UsageError) as caught:
        init.write(inventory, dict(given), password_file)
    assert sorted(inventory.parent.rglob("*")) == before
    assert caught.value.remedy
    return caught.value.message


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("client", "v4", "another meaning"),
        ("client", "a b", "letters, digits"),
        ("client", None, "has no client"),
        ("v5_url", "https://v5.acme.test/", "without a path"),
        ("v5_url", "http://v5.acme.test", "https://HOST"),
        ("v5_archive_checksum", "md5:1", "64 hexadecimal"),
        ("v4_owner_email", "owner", "e-mail"),
        ("v4_host", "-oProxyCommand=x", "name or an address"),
        ("v5_web_tls_mode", "none", "one of acme, files, selfsigned"),
        ("migration_transport", "wizard", "has no v4_owner_password"),
        ("v6_url", "x", "v6_url"),
    ],
)
def test_wrong_answers_leave_nothing_behind(inventory, key, value, part):
    given = {**ANSWERS, key: value}
    assert part in refused(inventory, given)


def test_an_existing_client_is_not_overwritten(inventory):
    init.write(inventory, dict(ANSWERS), None)
    assert "already has 'acme'" in refused(inventory, ANSWERS)


def test_one_inventory_has_one_password(inventory):
    init.write(inventory, {**ANSWERS, "vault_password": "first"}, None)
    assert not vault.made_by_init()
    beta = {**ANSWERS, "client": "beta"}
    assert "does not open" in refused(inventory, {**beta, "vault_password": "second"})
    assert "no vault password file" in refused(inventory, beta)
    written = init.write(inventory, {**beta, "vault_password": "first"}, None)
    assert written.next_command.endswith("--ask-vault-pass")


def test_a_password_file_of_ones_own(inventory, tmp_path):
    own = tmp_path / "own"
    own.write_text("sesame\n")
    written = init.write(inventory, dict(ANSWERS), str(own))
    assert written.next_command.endswith(f"--vault-password-file {own}")
    assert vault.opens((inventory / "group_vars/acme/vault.yml").read_text(), "sesame")


def test_a_file_is_no_inventory_folder(inventory):
    inventory.write_text("---\n")
    assert "is a file" in refused(inventory, ANSWERS)


@pytest.mark.parametrize("content", [b"", b"\xe9\n"])
def test_a_password_file_without_a_password(inventory, tmp_path, content):
    own = tmp_path / "own"
    own.write_bytes(content)
    assert f"password cannot be read from {own}" in refused(inventory, ANSWERS, str(own))


def test_wrong_answers_name_their_file(inventory, tmp_path):
    file = tmp_path / "my answers.yml"
    file.write_text("client: acme\n")
    done = CliRunner().invoke(cli.main, ["init", "-i", str(inventory), "--answers", str(file)])
    assert done.exit_code == 2
    assert f"{file} has no v4_host" in done.stderr
    assert f"`${{EDITOR:-nano}} '{file}'`" in done.stderr


@pytest.mark.parametrize("content", [b"- a\n", b"a: [\n", b"client: caf\xe9\n"])
def test_answers_that_are_none(tmp_path, content):
    file = tmp_path / "answers.yml"
    file.write_bytes(content)
    with pytest.raises(UsageError):
        init.read_answers(file)
    with pytest.raises(UsageError):
        init.read_answers(tmp_path / "missing")


def test_asking_on_the_terminal(inventory):
    """Every question in its order; a wrong answer is asked for again, secrets twice and unseen."""
    said = {**ANSWERS, "v5_owner_password": "open sesame", "v5_api_secret": ""}
    lines = ["bad name"]
    for question in QUESTIONS:
        if question.key in ("v4_upgrade_archive_checksum", "v4_php", "v5_php") or "_src" in question.key:
            continue  # not asked for these answers
        lines += [said.get(question.key, "")] * (2 if question.secret else 1)
    lines += ["vault word", "vault word"]
    done = CliRunner().invoke(cli.main, ["init", "-i", str(inventory)], input="\n".join(lines) + "\n")
    assert done.exit_code == 0, done.output
    assert "it may have letters" in done.output
    assert "sesame" not in done.output
    assert "vault word" not in done.output
    assert done.output.rstrip().endswith("--ask-vault-pass`")
    assert vault.opens((inventory / "group_vars/acme/vault.yml").read_text(), "vault word")
    assert yaml.safe_load((inventory / "group_vars/acme/vars.yml").read_text())["v5_version"] == "5.10.17"


def test_the_questions_cover_what_docs_list():
    text = (Path(cli.HERE) / "docs" / "cli.md").read_text()
    for question in QUESTIONS:
        assert f"`{question.key}`" in text, question.key
    assert isinstance(cli.main, click.Group)
