"""The list for a person says what this client has, and nothing that it does not have."""

from __future__ import annotations

import pytest

from migration.cutover.todo import todo

PLAIN = {
    "client": "client1",
    "site": "v4.example.com",
    "mailer": "smtp",
    "webhooks": [],
    "gateways": 0,
    "white_label": False,
    "two_factor": 0,
    "expanded": False,
    "others": 0,
    "unclear": [],
    "shell": True,
}


def test_every_client_has_dns_and_mail() -> None:
    listed = todo(PLAIN)
    assert len(listed) == 2
    assert "SPF" in listed[0]
    assert "v4.example.com" in listed[1]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"mailer": "log"}, "`./cli.py provision client1`"),
        ({"mailer": ""}, "MAIL_MAILER=unset"),
        (
            {"webhooks": [{"name": "Stripe", "webhook": "https://v5/payment_webhook/k/i"}]},
            "Stripe: https://v5/payment_",
        ),
        ({"gateways": 2}, "archive the payment gateways in V4"),
        ({"white_label": True}, "white label"),
        ({"two_factor": 1}, "1 user had"),
        ({"two_factor": 3}, "3 users had"),
        ({"expanded": True}, "`./cli.py logging off client1`"),
        ({"others": 2}, "2 other accounts"),
        ({"unclear": ["/etc/cron.d/x: php artisan schedule:run"]}, "/etc/cron.d/x"),
        ({"shell": False}, "no shell"),
    ],
)
def test_what_this_client_has_is_said(seen: dict, words: str) -> None:
    plain = todo(PLAIN)
    assert not any(words in each for each in plain)
    assert any(words in each for each in todo({**PLAIN, **seen}))
