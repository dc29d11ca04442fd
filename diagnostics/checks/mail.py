"""Mail: V5 tells only by mail why an import failed, and a mail server that does not answer hides even that."""

from __future__ import annotations

import shlex

from ..check import Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..remedy import set_env, try_port
from ..server import install

# What V5's and V4's config/mail.php fall back to, where .env says nothing.
FALLBACK_HOST = "smtp.mailgun.org"
# `failover` tries smtp first.
SMTP = ("smtp", "failover", "")
# Nothing leaves this host with these; our roles set `log` until the cut-over.
KEPT = ("log", "array", "null")


def _mailer(facts: Facts) -> str:
    return str(facts["mail/mailer"]).lower()


def _key(facts: Facts) -> str:
    return "MAIL_DRIVER" if facts.kind == "v4" else "MAIL_MAILER"


@check("mail.configured", "A mailer is configured", needs=("mail/mailer",))
def configured(facts: Facts):
    mailer, key = _mailer(facts), _key(facts)
    keys = facts.get("env/keys") or []
    if mailer == "log":
        return Fine(f"{key}=log: mail goes into the application's log, and to nobody (set it before the cut-over)")
    if mailer in ("array", "null"):
        return Trouble(
            f"{key}={mailer} throws every mail away, and with it why an import failed", set_env(facts, key, "log"), WARN
        )
    host = str(facts.get("mail/host", ""))
    if mailer not in SMTP or (host and host != FALLBACK_HOST) or (host and facts.get("env/values/MAIL_HOST")):
        return Fine(f"{mailer}, {host}:{facts.get('mail/port', '')}" if mailer in SMTP else mailer)
    said = f".env has no MAIL_HOST{'' if key in keys else f' and no {key}'}, so mail goes to {host or FALLBACK_HOST}"
    harm = "every mail fails" if facts.kind == "v4" else "the mail that says why an import failed is lost"
    # V4's own mail is no part of the migration.
    return Trouble(
        f"{said}, which does not know this server: {harm}",
        set_env(facts, key, "log"),
        WARN if facts.kind == "v4" else "",
    )


@check("mail.connects", "The mail server answers", needs=("mail/mailer", "mail/connects"))
def connects(facts: Facts):
    if _mailer(facts) not in SMTP:
        return Skip(f"The mailer {_mailer(facts)} connects to no server by SMTP")
    where = f"{facts.get('mail/host', '?')}:{facts.get('mail/port', '?')}"
    if facts["mail/connects"]:
        return Fine(f"{where} connects")
    said = facts.get("mail/error") or "no answer"
    harm = (
        "customers get no mail"
        if facts.kind == "v4"
        else "V5's jobs fail on every mail, and why an import failed is lost"
    )
    return Trouble(f"{where}: {said}: {harm}", _try(facts, where), WARN if facts.kind == "v4" else "")


def _try(facts: Facts, where: str) -> str:
    host, _, port = where.rpartition(":")
    return f"getent hosts {shlex.quote(host)}; {try_port(host, port)}; {set_env(facts, _key(facts), 'log')}"


@check("mail.sendmail", "The program that sends mail is there", needs=("mail/mailer",))
def sendmail(facts: Facts):
    if _mailer(facts) not in ("sendmail", "mail"):
        return Skip(f"The mailer is {_mailer(facts)}, not sendmail")
    program = facts.get("mail/sendmail")
    if program is None:
        return Skip(f"Not checked: {facts.why_missing('mail/sendmail')}")
    if program:
        return Fine(str(program))
    return Trouble(
        "The mailer is sendmail, and there is no sendmail: every mail fails, and so does the job that sends it",
        install(facts, "msmtp-mta", "postfix"),
    )


@check("mail.sender", "Mail has a sender's address", needs=("mail/mailer", "env/mail_from_set"), severity=WARN)
def sender(facts: Facts):
    mailer = _mailer(facts)
    if mailer in KEPT:
        return Skip(f"The mailer is {mailer}: nothing is sent")
    if facts["env/mail_from_set"]:
        return Fine("MAIL_FROM_ADDRESS is set")
    if facts.kind == "v4":
        return Fine("V4 sends as MAIL_USERNAME")
    return Trouble(
        "MAIL_FROM_ADDRESS is not set, so V5 sends as hello@example.com, which mail servers refuse",
        set_env(facts, "MAIL_FROM_ADDRESS", f"billing@{_domain(facts)}"),
    )


def _domain(facts: Facts) -> str:
    host = str(facts.get("http/base", "")).partition("://")[2].partition("/")[0].partition(":")[0]
    return host.partition(".")[2] if host.count(".") > 1 else host or "example.com"
