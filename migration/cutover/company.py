"""V5's company at the cut-over: switched on and off, and removed, by its own key and with its own token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import php_db
from ..errors import MigrationError
from ..http import Server
from ..v5_api import Company, V5Client

NONSENSE = "0ninjalift0knows0no0such0key0000"  # as long as V4's and V5's invitation keys
NOT_ALLOWED = "v5-not-allowed"


_OFF = r"""
$pdo = ninja_connect($input);
$sql = 'SELECT id FROM companies WHERE BINARY company_key = ? AND is_disabled = 0';
$on = count(ninja_rows($pdo, $sql, [$input['key']]));
if ($on && !$input['dry']) {
    $statement = $pdo->prepare('UPDATE companies SET is_disabled = 1 WHERE BINARY company_key = ?');
    $statement->execute([$input['key']]);
}
ninja_emit(['on' => $on]);
"""


def switch_off(root: Path, php: str, key: str, dry_run: bool = False) -> bool:
    """Switch V5's company off in its database and return whether it was on. Raises MigrationError as php_db does."""
    changed = bool(php_db.run_script(root, _OFF, {"key": key, "dry": dry_run}, php)["on"])
    if changed and not dry_run and php_db.run_script(root, _OFF, {"key": key, "dry": True}, php)["on"]:
        raise MigrationError(
            f"The company {key} was switched off in V5's database, and it is on again", "./cli.py rollback CLIENT"
        )
    return changed


class Login:
    """A V5 server and how to log in to it; a token that V5 forgets half-way is asked for again, once."""

    def __init__(self, client: V5Client, email: str, passwords: list) -> None:
        self._client = client
        self._email = email
        self._passwords = list(passwords)

    def company(self, key: str) -> Company | None:
        """Log in and return the company with this key, or None.

        Raises MigrationError (company-twice) where V5 has two of them: nobody could tell which one the other tools
        mean.
        """
        index = self._client.login(self._email, self._passwords)
        self._passwords = [self._passwords[index]]  # V5 blocks logins after five wrong passwords a minute
        found = [one for one in self._client.companies if one.company_key == key]
        if len({one.id for one in found}) > 1:
            names = ", ".join(f"'{one.name}' ({one.id})" for one in found)
            raise MigrationError(
                f"{self._client.url} has two companies with the key {key}: {names}; remove the wrong one in V5",
                "./cli.py rollback CLIENT --plan",
                "company-twice",
            )
        return found[0] if found else None

    def switch(self, key: str, on: bool) -> bool:
        """Switch the company on or off and return whether that changed it; what V5 says afterwards is the proof.

        Raises MigrationError (company-missing, company-not-switched) and those of the API.
        """
        company = self._required(key)
        if company.is_disabled is not on:
            return False
        try:
            self._client.update_company(company, {"is_disabled": not on})
        except MigrationError as error:
            if error.id != NOT_ALLOWED:
                raise
            self._client.update_company(self._required(key), {"is_disabled": not on})
        if self._required(key).is_disabled is on:
            raise MigrationError(
                f"{self._client.url} took the change of '{company.name}', and the company is still"
                f" {'off' if on else 'on'}",
                "tail -n 50 /var/www/invoiceninja/storage/logs/laravel.log",
                "company-not-switched",
            )
        return True

    def remove(self, key: str, name: str) -> bool:
        """Delete the company for good and return whether it was there; V5 keeps no copy.

        Raises MigrationError where it has another name than the one that was confirmed, is switched on, or is the only
        one of the account.
        """
        company = self.company(key)
        if company is None:
            return False
        if company.name != name:
            raise MigrationError(
                f"The company with the key {key} is called '{company.name}' in V5, and '{name}' was to be removed",
                "./cli.py rollback CLIENT",
                "company-other-name",
            )
        if not company.is_disabled:
            raise MigrationError(
                f"The company '{company.name}' is switched on in {self._client.url}, so people work in it",
                "./cli.py rollback CLIENT",
                "company-not-blank",
            )
        if len(self._client.companies) == 1:
            raise MigrationError(
                f"'{company.name}' is the only company of this account in {self._client.url}, and V5 needs one; make"
                " another one in V5 first (its menu of companies, Add Company)",
                "./cli.py rollback CLIENT",
                "company-last",
            )
        self._client.purge(company)
        if self.company(key) is not None:
            raise MigrationError(
                f"{self._client.url} still has the company '{name}' after it was told to delete it",
                "tail -n 50 /var/www/invoiceninja/storage/logs/laravel.log",
                "purge-failed",
            )
        return True

    def gateways(self, company: Company) -> list:
        """The company's payment gateways: ``name``, and ``webhook``, the address that its provider calls at V5.

        The address is that of V5's route payment_webhook (CompanyGateway::webhookUrl).
        """
        rows = self._client.get("company_gateways?per_page=100", company)["data"]
        at = f"{self._client.url.rstrip('/')}/payment_webhook/{company.company_key}"
        return [
            {"name": str(row.get("label") or f"gateway {row['id']}"), "webhook": f"{at}/{row['id']}"}
            for row in rows
            if not row.get("is_deleted") and not row.get("archived_at")
        ]

    def _required(self, key: str) -> Company:
        company = self.company(key)
        if company is None:
            raise MigrationError(
                f"{self._client.url} has no company with the key {key}", "./cli.py migrate CLIENT", "company-missing"
            )
        return company


def follow(v4: Server, v5: Server, invitations: list) -> dict[str, Any]:
    """Open customers' old links at V4 and where they lead; the proof that forwarding works.

    invitations: [{"key", "entity"}] of V4. Returns {"entity", "status"} of the first one that V5 answers, as a page
    or a redirect, while it refuses an invented key. The link goes to V5 with `silent=true`, so that no invoice
    counts as opened by its customer. Raises MigrationError (link-not-forwarded, link-unknown-to-v5).
    """
    refused = ""
    for each in invitations:
        answer = v4.request("GET", f"/view/{each['key']}", {"Accept": "text/html"})
        wanted = f"{str(v5.url).rstrip('/')}/client/{each['entity']}/{each['key']}"
        location = answer.header("Location")
        if answer.status == 503:
            raise MigrationError(
                f"V4 at {v4.url} is in maintenance mode (503), so no customer's link works",
                "sudo -u www-data php /var/www/invoiceninja/artisan up",
                "v4-maintenance-mode",
            )
        if not answer.is_redirect or location != wanted:
            raise MigrationError(
                f"V4 at {v4.url} does not forward an old link: it answers {answer.status}"
                f"{f' to {location}' if location else ''} where {v5.url} was expected",
                f"curl -sI {v4.url}/view/KEY",
                "link-not-forwarded",
            )
        there = _visit(v5, each["entity"], each["key"])
        if there < 400:
            if _visit(v5, each["entity"], NONSENSE) < 400:
                raise MigrationError(
                    f"{v5.url} answers an invented invitation as it does a real one, so its answer proves nothing",
                    f"curl -sI {v5.url}/client/invoice/{NONSENSE}",
                    "link-unknown-to-v5",
                )
            return {"entity": each["entity"], "status": there}
        refused = f"{there} to /client/{each['entity']}/…"
    raise MigrationError(
        f"{v5.url} knows none of the old links that were tried ({refused})",
        "./cli.py reconcile CLIENT",
        "link-unknown-to-v5",
    )


def _visit(server: Server, entity: str, key: str) -> int:
    return server.request("GET", f"/client/{entity}/{key}?silent=true", {"Accept": "text/html"}).status
