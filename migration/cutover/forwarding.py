"""V4's forwarding to V5: ``account_email_settings.forward_url_for_v5`` and ``is_disabled`` of one account.

With both, customers' old links lead to V5 and ``ninja:send-invoices`` and ``ninja:send-reminders`` pass the account
over, whoever runs them (facts.md, "Forwarding"). V4's own page does no more than to set the two columns
(StepsController::forwardUrl), so they are set in its database where the host gives a shell: no password and no second
factor is needed for it, and several processes cannot disagree. Without a shell it is V4's page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import php_db
from ..counts import checked_key
from ..errors import MigrationError
from ..v4_pages import Page
from ..v4_wizard import V4Wizard

PAGE = "/settings/account_management"
_SET = r"""
$pdo = ninja_connect($input);
$sql = "UPDATE account_email_settings s JOIN accounts a ON a.id = s.account_id"
    . " SET s.forward_url_for_v5 = ?, s.is_disabled = ?, s.updated_at = s.updated_at WHERE BINARY a.account_key = ?";
$statement = $pdo->prepare($sql);
$statement->execute([$input['url'], $input['disabled'], $input['key']]);
ninja_emit(['rows' => $statement->rowCount()]);
"""


def read(root: Path, php: str, key: str) -> dict[str, Any]:
    """How V4 forwards this account, and what goes on there although it is forwarded.

    Returns {"url", "is_disabled", "others" (names of the other accounts that V4 still works for), "charges" (numbers of
    open invoices that ``ninja:send-reminders`` would charge to a stored payment method on their due date: it asks
    nobody whether the account is disabled)}.
    Raises MigrationError (v4-forwarding-missing, v4-company-missing).
    """
    checked_key(key)
    account = f"(SELECT id FROM accounts WHERE BINARY account_key = '{key}' ORDER BY id LIMIT 1)"  # noqa: S608
    rows = php_db.query(
        root,
        {
            "account": f"SELECT id FROM accounts WHERE BINARY account_key = '{key}'",  # noqa: S608
            "columns": "SELECT column_name AS c FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND table_name = 'account_email_settings' AND column_name IN ('forward_url_for_v5', 'is_disabled')",
        },
        php,
    )["rows"]
    if not rows["account"]:
        raise MigrationError(f"V4 has no account with the key {key}", "./cli.py verify CLIENT", "v4-company-missing")
    if len(rows["columns"]) < 2:
        raise MigrationError(
            "This V4 is too old to forward to V5: its account_email_settings have no forward_url_for_v5",
            "./cli.py upgrade CLIENT",
            "v4-forwarding-missing",
        )
    rows = php_db.query(
        root,
        {
            "settings": "SELECT forward_url_for_v5 AS url, is_disabled FROM account_email_settings "  # noqa: S608
            f"WHERE account_id = {account}",
            "others": "SELECT a.name FROM accounts a JOIN account_email_settings s ON s.account_id = a.id "  # noqa: S608
            f"WHERE a.id <> {account} AND a.deleted_at IS NULL AND s.is_disabled = 0 ORDER BY a.id",
            # SendReminders::billInvoices; AUTO_BILL_OFF is 1, AUTO_BILL_ALWAYS 4, ACH 5 (app/Constants.php).
            "charges": "SELECT i.invoice_number AS number FROM invoices i "  # noqa: S608
            "JOIN invoices r ON r.id = i.recurring_invoice_id JOIN accounts a ON a.id = i.account_id "
            "JOIN account_gateway_tokens g ON g.client_id = i.client_id AND g.deleted_at IS NULL "
            f"WHERE i.account_id = {account} AND i.is_deleted = 0 AND i.deleted_at IS NULL AND i.is_public = 1 "
            "AND i.balance > 0 AND i.due_date >= CURDATE() AND (a.auto_bill_on_due_date = 1 "
            "OR g.default_payment_method_id IN (SELECT id FROM payment_methods WHERE payment_type_id = 5)) "
            "AND (r.auto_bill = 4 OR (r.auto_bill <> 1 AND r.client_enable_auto_bill = 1)) GROUP BY i.id ORDER BY i.id",
        },
        php,
    )["rows"]
    if not rows["settings"]:
        raise MigrationError(
            f"V4's account {key} has no row in account_email_settings, so it can forward nothing",
            "./cli.py verify CLIENT",
            "v4-forwarding-missing",
        )
    return {
        "url": rows["settings"][0]["url"] or "",
        "is_disabled": bool(int(rows["settings"][0]["is_disabled"])),
        "others": [row["name"] or "" for row in rows["others"]],
        "charges": [row["number"] for row in rows["charges"]],
    }


def write(root: Path, php: str, key: str, url: str) -> dict[str, Any]:
    """Forward this account to ``url``, or with "" no more, and return `read` again.

    Raises MigrationError (v4-forwarding-lost) where V4's database did not take it.
    """
    php_db.run_script(root, _SET, {"url": url.rstrip("/"), "disabled": 1 if url else 0, "key": key}, php)
    seen = read(root, php, key)
    if (seen["url"], seen["is_disabled"]) != (url.rstrip("/"), bool(url)):
        raise MigrationError(
            f"V4's forwarding was set and is not there: it is '{seen['url']}', is_disabled {int(seen['is_disabled'])}",
            "./cli.py verify CLIENT",
            "v4-forwarding-lost",
        )
    return seen


class Pages(V4Wizard):
    """The same by V4's own pages, for a V4 whose host gives no shell. Log in first."""

    def forwards_to(self) -> str:
        """The address in V4's form, "" where it does not forward; raises MigrationError where there is no such form."""
        answer = self._session.get(PAGE)
        self._check_way(answer)
        self._check_page(answer, "showed its settings")
        fields = Page(answer.text).fields
        if answer.status != 200 or "url" not in fields:
            raise MigrationError(
                f"V4 at {self.url} shows no form for the forwarding to V5 at {PAGE}: it is older than 4.5.50",
                "./cli.py upgrade CLIENT",
                "v4-forwarding-missing",
            )
        return fields["url"]

    def forward(self, url: str) -> None:
        """Forward the user's account to ``url``, or with "" no more; raises MigrationError where V4 did not take it."""
        if url:
            answer = self._session.post("/migration/forward", [("url", url)])
        else:
            answer = self._session.get("/migration/disable_forward")
        self._check_way(answer)
        seen = self.forwards_to()
        if seen != url.rstrip("/"):
            raise MigrationError(
                f"V4 at {self.url} did not take the forwarding to '{url}' ({answer.status}); it has '{seen}'",
                "tail -n 20 /var/www/invoiceninja/storage/logs/laravel-error.log",
                "v4-forwarding-lost",
            )
