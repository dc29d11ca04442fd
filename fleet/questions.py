"""What ``init`` needs to know of a client: one list for the questions, the answers file and their checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from migration.clients import RESERVED

from .exits import EDIT, UsageError
from .inventory import NAME
from .remedies import shown

V5_RELEASES = "https://github.com/invoiceninja/invoiceninja/releases/download"


@dataclass(frozen=True)
class Question:
    """One answer that is needed.

    default: the answer where none is given, or what makes it from the answers so far; None: it must be given.
    pattern: what an answer must look like; hint says it in words. when: whether it is needed, from the answers so far.
    """

    key: str
    text: str
    default: Any = None
    pattern: str = r"\S.*"
    hint: str = "it must not be empty"
    choices: tuple = ()
    secret: bool = False
    when: Callable[[dict], bool] = lambda given: True

    def default_for(self, given: dict) -> str | None:
        return self.default(given) if callable(self.default) else self.default

    def trouble(self, value: str, given: dict) -> str:
        """What is wrong with an answer, or nothing. An empty one is right where the default is empty."""
        if value == "" and self.default_for(given) == "":
            return ""
        if self.choices and value not in self.choices:
            return f"it must be one of {', '.join(self.choices)}"
        if self.key == "client" and value in RESERVED:
            return "that name has another meaning"
        return "" if re.fullmatch(self.pattern, value) else self.hint


HOST = {"pattern": r"[A-Za-z0-9][A-Za-z0-9._:-]*", "hint": "it must be a name or an address, as ssh takes it"}
USER = {"pattern": r"[a-z_][a-z0-9_.-]*", "hint": "it must be the name of a user"}
PATH = {"pattern": r"/[^ ]+[^/ ]", "hint": "it must be an absolute path without a slash at the end"}
PHP = {"pattern": r"[A-Za-z0-9/._-]+", "hint": "it must be a command, such as php or /usr/bin/php8.2"}
URL = {"pattern": r"https://[A-Za-z0-9.-]+(:[0-9]+)?", "hint": "it must be https://HOST without a path or a slash"}
FILE_URL = {"pattern": r"https?://[^ ]+", "hint": "it must be a web address"}
SUM = {"pattern": r"sha256:[0-9a-fA-F]{64}", "hint": "it must be sha256: and 64 hexadecimal digits (sha256sum FILE)"}
EMAIL = {"pattern": r"[^@ ]+@[^@ ]+", "hint": "it must be an e-mail address"}
VERSION = {"pattern": r"[0-9]+(\.[0-9]+)+", "hint": "it must be a version, such as 5.10.17"}


def one_machine(given: dict) -> bool:
    """Whether V4 and V5 are on the same machine."""
    return given["v4_host"] == given["v5_host"]


QUESTIONS = (
    Question(
        "client",
        "A short name for the client",
        pattern=NAME.pattern,
        hint="it may have letters, digits and _, and no digit first",
    ),
    Question("v4_host", "V4's server, as you ssh to it", **HOST),
    Question("v4_ssh_user", "SSH user there (root, or one who may use sudo)", "root", **USER),
    Question(
        "v4_url",
        "V4's address",
        pattern=r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[^ ]*[^/ ])?",
        hint="as in https://v4.example.com",
    ),
    Question("v4_root", "V4's directory", "/var/www/invoiceninja", **PATH),
    Question("v4_owner_email", "E-mail of the V4 account's owner, capital letters as in V4", **EMAIL),
    Question(
        "v4_upgrade_archive_url",
        "Where V4 4.5.50's zip is fetched from, to upgrade (empty: V4 is 4.5.50 already)",
        "",
        **FILE_URL,
    ),
    Question(
        "v4_upgrade_archive_checksum",
        "Its checksum (sha256:…)",
        when=lambda given: bool(given["v4_upgrade_archive_url"]),
        **SUM,
    ),
    Question("v5_host", "V5's server, as you ssh to it", **HOST),
    Question(
        "v5_ssh_user",
        "SSH user there",
        lambda given: given["v4_ssh_user"],
        when=lambda given: not one_machine(given),
        **USER,
    ),
    Question(
        "v4_php",
        "The PHP that runs V4 on that machine",
        lambda given: "/usr/bin/php7.4" if one_machine(given) else "php",
        when=one_machine,
        **PHP,
    ),
    Question("v5_url", "V5's address", **URL),
    Question(
        "v5_root",
        "V5's directory",
        lambda given: "/var/www/invoiceninja-v5" if one_machine(given) else "/var/www/invoiceninja",
        **PATH,
    ),
    Question("v5_php", "The PHP that runs V5 on that machine", "/usr/bin/php8.2", when=one_machine, **PHP),
    Question("v5_version", "V5's version", "5.10.17", **VERSION),
    Question(
        "v5_archive_url",
        "Where its release archive is fetched from",
        lambda given: f"{V5_RELEASES}/v{given['v5_version']}/invoiceninja.tar",
        **FILE_URL,
    ),
    Question("v5_archive_checksum", "The archive's checksum (sha256:…)", **SUM),
    Question("v5_owner_password", "Password of V5's first account (empty: one is made)", "", secret=True),
    Question("v5_api_secret", "V5's API_SECRET (empty: none)", "", secret=True),
    Question(
        "v5_web_tls_mode",
        "V5's certificate: acme, files or selfsigned",
        "acme",
        choices=("acme", "files", "selfsigned"),
    ),
    Question(
        "v5_web_acme_email",
        "Who the certificate authority writes to",
        lambda given: given["v4_owner_email"],
        when=lambda given: given["v5_web_tls_mode"] == "acme",
        **EMAIL,
    ),
    Question(
        "v5_web_tls_certificate_src",
        "Certificate with its chain, a file here",
        when=lambda given: given["v5_web_tls_mode"] == "files",
        **PATH,
    ),
    Question(
        "v5_web_tls_key_src",
        "Its key, a file here",
        when=lambda given: given["v5_web_tls_mode"] == "files",
        **PATH,
    ),
    Question(
        "migration_transport",
        "How the export reaches V5: v4_host, controller or wizard (V4 without a shell)",
        "v4_host",
        choices=("v4_host", "controller", "wizard"),
    ),
    Question(
        "v4_owner_password",
        "The owner's password in V4, which V5 has after the migration too (empty: not given; the wizard needs it)",
        lambda given: None if given["migration_transport"] == "wizard" else "",
        secret=True,
    ),
)


def complete(given: dict, file: Path | None = None) -> dict:
    """The answers, from this file, with their defaults, as text.

    Raises UsageError for what is missing, wrong or unknown.
    """
    where = str(file) if file else "the answers"
    remedy = f"{EDIT} {shown(file)}" if file else "./cli.py init"
    unknown = sorted(set(given) - {each.key for each in QUESTIONS})
    if unknown:
        raise UsageError(f"{where} has answers that nobody asks for: {', '.join(map(str, unknown))}.", remedy)
    answers: dict = {}
    for question in QUESTIONS:
        if question.key not in given and not question.when(answers):
            continue
        value = given.get(question.key)
        if value is None:
            value = question.default_for(answers)
        if value is None:
            raise UsageError(f"{where} has no {question.key} ({question.text}).", remedy)
        trouble = question.trouble(str(value), answers)
        if trouble:
            quoted = "" if question.secret else f" '{value}'"
            raise UsageError(f"{question.key}{quoted} in {where} is wrong: {trouble}.", remedy)
        answers[question.key] = str(value)
    return answers
