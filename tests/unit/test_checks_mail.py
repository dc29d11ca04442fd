"""The checks of mail, each on a host that is broken in one way."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample

from diagnostics.findings import PASS, SKIP, WARN

# As V5 comes, without any key of mail in .env.
AS_IT_COMES = {"mail__mailer": "smtp", "mail__host": "smtp.mailgun.org", "env__keys": ["APP_KEY"], "env__values": {}}

CASES = (
    Broken(
        "mail.configured",
        "v5",
        AS_IT_COMES,
        ".env has no MAIL_HOST and no MAIL_MAILER, so mail goes to smtp.mailgun.org",
        "MAIL_MAILER=log",
    ),
    Broken(
        "mail.configured",
        "v4",
        {**AS_IT_COMES, "env__keys": ["MAIL_DRIVER"]},
        "every mail fails",
        "MAIL_DRIVER=log",
        WARN,
    ),
    Broken(
        "mail.configured",
        "v5",
        {"mail__mailer": "array"},
        "throws every mail away",
        "MAIL_MAILER=log",
        WARN,
        note="array",
    ),
    Broken(
        "mail.connects",
        "v5",
        {"mail__connects": False, "mail__error": "Connection timed out"},
        "mail.example.com:587: Connection timed out",
        "mail.example.com 587 && echo open",
    ),
    Broken("mail.connects", "v4", {"mail__connects": False}, "customers get no mail", "MAIL_DRIVER=log", WARN),
    Broken(
        "mail.sendmail",
        "v5",
        {"mail__mailer": "sendmail", "mail__sendmail": ""},
        "there is no sendmail",
        "apt-get install -y msmtp-mta",
    ),
    Broken(
        "mail.sender",
        "v5",
        {"env__mail_from_set": False},
        "hello@example.com",
        "MAIL_FROM_ADDRESS=billing@example.com",
        WARN,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_mail_is_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, path", [("mail.configured", "mail"), ("mail.connects", "mail/connects"), ("mail.sender", "env")]
)
def test_without_the_facts_it_is_skipped(id, path):
    must_skip(id, "v5", path)


def test_mail_into_the_log_is_what_our_roles_set():
    log = {"mail__mailer": "log", "mail__host": "smtp.mailgun.org", "mail__connects": None, "env__mail_from_set": False}
    assert find("mail.configured", sample("v5"), **log).status == PASS
    for id in ("mail.connects", "mail.sendmail", "mail.sender"):
        assert find(id, sample("v5"), **log).status == SKIP


def test_mailgun_on_purpose_is_no_trouble():
    document = sample("v5")
    document["env"]["values"]["MAIL_HOST"] = "smtp.mailgun.org"
    assert find("mail.configured", document, mail__host="smtp.mailgun.org").status == PASS


def test_services_without_smtp_are_configured():
    for mailer in ("postmark", "mailgun", "ses", "brevo", "gmail", "office365"):
        assert find("mail.configured", sample("v5"), mail__mailer=mailer, mail__host="").status == PASS
        assert find("mail.connects", sample("v5"), mail__mailer=mailer, mail__connects=False).status == SKIP


def test_v4_sends_as_its_account():
    assert find("mail.sender", sample("v4"), env__mail_from_set=False).status == PASS


def test_sendmail_that_is_there():
    assert (
        find("mail.sendmail", sample("v5"), mail__mailer="sendmail", mail__sendmail="/usr/sbin/sendmail").status == PASS
    )
