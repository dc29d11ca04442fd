"""Writes a client into an inventory: its hosts, its variables, and its secrets in a vault."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from . import vault
from .exits import EDIT, UsageError
from .inventory import clients_of, find_clients, groups_of, read
from .questions import QUESTIONS, complete, one_machine
from .remedies import Situation, shown

TEMPLATES = Path(__file__).parent / "templates"
SECRETS = tuple(each.key for each in QUESTIONS if each.secret)


@dataclass
class Written:
    """What was written, what must be said about it, and the command that comes next."""

    files: list
    notes: list = field(default_factory=list)
    next_command: str = ""


def ask(inventory: Path, vault_password_file: str | None) -> dict:
    """Ask for everything on the terminal. Returns the answers, ``vault_password`` among them where one was typed in."""
    import click

    _refuse_file(inventory)
    given: dict = {}
    for question in QUESTIONS:
        if not question.when(given):
            continue

        def checked(value: str, question=question) -> str:
            trouble = question.trouble(value.strip(), given)
            if trouble:
                raise click.UsageError(f"That cannot be: {trouble}.")
            return value.strip()

        given[question.key] = click.prompt(
            question.text,
            default=question.default_for(given),
            value_proc=checked,
            hide_input=question.secret,
            confirmation_prompt=question.secret,
            show_default=not question.secret and question.default_for(given) != "",
        )
    if not (vault_password_file or vault.made_by_init()):
        given["vault_password"] = click.prompt(
            "Vault password (empty: one is made)",
            default="",
            hide_input=True,
            confirmation_prompt=True,
            show_default=False,
        )
    return given


def read_answers(file: Path) -> dict:
    """The answers from a YAML file. Raises UsageError where it cannot be read."""
    try:
        given = yaml.safe_load(file.read_text())
    except OSError as error:
        raise UsageError(f"The answers cannot be read from {file}: {error.strerror}.", f"ls -l {shown(file)}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file} is not UTF-8 text (its byte {error.start + 1} cannot be).",
            f"iconv -f latin1 -t utf-8 -o {shown(file)}.new {shown(file)}",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise UsageError(f"{file} is not valid YAML at line {line}.", f"{EDIT} +{line} {shown(file)}") from None
    if not isinstance(given, dict):
        raise UsageError(f"{file} does not hold 'key: answer' lines.", f"{EDIT} {shown(file)}")
    return given


def write(inventory: Path, given: dict, vault_password_file: str | None, answers_file: Path | None = None) -> Written:
    """Write the client of these answers into the inventory, a folder; other clients in it stay as they are.

    Raises UsageError for wrong answers, a client that exists, a vault password that does not open the others' vaults.
    Nothing is left behind where it fails.
    """
    _refuse_file(inventory)
    typed = str(given.pop("vault_password", None) or "")
    answers = complete(given, answers_file)
    client = answers["client"]
    made: list = []
    try:
        password_path, password, notes = _password(inventory, typed, vault_password_file, made)
        later = Situation("verify", (client,), inventory, password_path, asked=not password_path)
        with vault.password_file(password_path, None if password_path else password) as file:
            _refuse_known(inventory, client, file)
            if not answers["v5_owner_password"]:
                answers["v5_owner_password"] = secrets.token_urlsafe(15)
                view = later.edit(client, secret=True).replace("ansible-vault edit", "ansible-vault view")
                notes.append(f"V5's first password was made; see it with: `{view}`")
            _write_client(inventory, answers, password, made)
            find_clients(inventory, (client,), file)
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise
    alone = later.command(f"ansible-playbook playbooks/verify_v4.yml --limit {client}")
    notes.append(f"Every playbook also runs alone, such as: `{alone}`")
    return Written([path for path in made if path.is_file()], notes, later.again(client))


def _password(inventory: Path, typed: str, given_file: str | None, made: list) -> tuple:
    """(path of the password's file or None, the password, notes); makes a password where there is none."""
    if typed:
        path, password = None, typed
    else:
        path = Path(given_file).expanduser() if given_file else vault.default_file()
        if not path.exists() and not _vaults(inventory):
            _make_folder(path.parent, made)
            _write(path, secrets.token_urlsafe(32) + "\n", made)
            note = (
                f"The vault's password was made and is in {path}. Keep a copy of it: without it the secrets are lost."
            )
            return str(path), vault.read(path), [note]
        if not path.is_file():
            raise UsageError(
                f"There is no vault password file {path}, and {inventory} has vaults.",
                "./cli.py init --vault-password-file FILE",
            )
        password = vault.read(path)
    for other in _vaults(inventory):
        if not vault.opens(other.read_text(), password):
            raise UsageError(
                f"The vault password does not open {other}, and one inventory has one password.",
                "./cli.py init --vault-password-file FILE",
            )
    return str(path) if path else None, password, []


def _vaults(inventory: Path) -> list:
    files = sorted(inventory.glob("*_vars/**/*.yml")) if inventory.is_dir() else []
    return [file for file in files if file.read_text(errors="replace").startswith("$ANSIBLE_VAULT")]


def _refuse_file(inventory: Path) -> None:
    if inventory.exists() and not inventory.is_dir():
        raise UsageError(f"{inventory} is a file, and init writes into a folder.", "./cli.py init -i inventory")


def _refuse_known(inventory: Path, client: str, password_file: str | None) -> None:
    """Refuse to overwrite a client, or a group or host of that name."""
    if not inventory.is_dir() or not any(each.suffix != ".example" for each in inventory.iterdir()):
        return
    groups = groups_of(read(inventory, password_file))
    folder = inventory / "group_vars" / client
    hosts = {host for members in groups.values() for host in members}
    names = {f"{client}-v4", f"{client}-v5", f"{client}-server", client}
    if client in groups or folder.exists() or _hosts_file(inventory, client).exists() or names & hosts:
        known = ", ".join(clients_of(groups))
        raise UsageError(
            f"{inventory} already has '{client}' (clients: {known or 'none'}), and init overwrites nothing.",
            f"{EDIT} {shown(folder / 'vars.yml')}",
        )


def _hosts_file(inventory: Path, client: str) -> Path:
    return inventory / f"{client}.yml"


def _write_client(inventory: Path, answers: dict, password: str, made: list) -> None:
    client = answers["client"]
    same = one_machine(answers)
    hosts = {
        side: {
            "name": f"{client}-server" if same else f"{client}-{side}",
            "address": answers[f"{side}_host"],
            "user": answers.get(f"{side}_ssh_user", answers["v4_ssh_user"]),
        }
        for side in ("v4", "v5")
    }
    plain = {key: value for key, value in answers.items() if key not in SECRETS}
    folder = inventory / "group_vars" / client
    _make_folder(folder, made)
    hidden = {key: answers[key] for key in SECRETS if answers.get(key)}
    _write(folder / "vault.yml", vault.encrypt(_render("vault.yml.j2", secrets=hidden), password), made)
    _write(folder / "vars.yml", _render("vars.yml.j2", **plain), made)
    # The hosts come last: without them, Ansible does not see the client.
    _write(_hosts_file(inventory, client), _render("hosts.yml.j2", client=client, hosts=hosts, same=same), made)


def _render(name: str, **values: object) -> str:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(  # noqa: S701  # YAML, where every value goes through the filter below
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = _scalar
    return environment.get_template(name).render(**values)


def _scalar(value: str) -> str:
    """The text as a YAML string that Ansible takes as it is, even where it looks like a template."""
    quoted = json.dumps(value, ensure_ascii=False)
    return f"!unsafe {quoted}" if any(mark in value for mark in ("{{", "{%", "{#")) else quoted


def _make_folder(folder: Path, made: list) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700)
        made.append(each)


def _write(path: Path, text: str, made: list) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        made.append(path)
        stream.write(text)
