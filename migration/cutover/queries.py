"""What a cut-over asks both databases: the company, links that customers have, and what a person has to do by hand."""

from __future__ import annotations

from ..counts import IMPORT_ENDS, checked_key, import_end


def v5_company(company_key: str) -> dict:
    """SQL for V5: the ``company`` (id, name, is_disabled, uploaded_at and import_ended_at as epoch seconds or None).

    Two rows: two companies have one key. The first token of a company is made with it, by the upload; the importer's
    lines in the ledger come after its last resource. V5 keeps its times in UTC.
    """
    key = checked_key(company_key)
    at = "TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', {})"
    uploaded = at.format("COALESCE((SELECT MIN(created_at) FROM company_tokens WHERE company_id = c.id), c.created_at)")
    return {
        "company": "SELECT c.id, JSON_UNQUOTE(JSON_EXTRACT(c.settings, '$.name')) AS name, c.is_disabled, "  # noqa: S608
        f"{uploaded} AS uploaded_at, {at.format(import_end('c.id'))} AS import_ended_at FROM companies c "
        f"WHERE BINARY c.company_key = '{key}' ORDER BY c.id"
    }


def v4_links(account_key: str) -> dict:
    """SQL for V4: ``links`` (key, entity), the newest invitations to invoices and quotes that are still there."""
    key = checked_key(account_key)
    return {
        "links": "SELECT v.invitation_key AS `key`, IF(i.invoice_type_id = 2, 'quote', 'invoice') AS entity "  # noqa: S608
        "FROM invitations v JOIN invoices i ON i.id = v.invoice_id JOIN clients c ON c.id = i.client_id "
        f"WHERE v.account_id = (SELECT id FROM accounts WHERE account_key = '{key}') AND v.deleted_at IS NULL "
        "AND i.deleted_at IS NULL AND i.is_deleted = 0 AND i.is_recurring = 0 AND c.is_deleted = 0 "
        "AND c.deleted_at IS NULL ORDER BY v.id DESC LIMIT 5"
    }


def v4_left(account_key: str) -> dict:
    """SQL for V4: what a person has to do by hand: ``plan`` (plan), ``two_factor`` (n users), ``gateways`` (n)."""
    key = checked_key(account_key)
    account = f"(SELECT id FROM accounts WHERE account_key = '{key}')"  # noqa: S608
    return {
        "plan": "SELECT p.plan FROM companies p JOIN accounts a ON a.company_id = p.id "  # noqa: S608
        f"WHERE a.account_key = '{key}' AND p.plan IS NOT NULL AND p.plan <> ''",
        "two_factor": "SELECT COUNT(*) AS n FROM users WHERE google_2fa_secret <> '' AND deleted_at IS NULL "  # noqa: S608
        f"AND account_id = {account}",
        "gateways": f"SELECT COUNT(*) AS n FROM account_gateways WHERE account_id = {account} AND deleted_at IS NULL",  # noqa: S608
    }


def v5_links(company_key: str) -> dict:
    """SQL for V5: ``links`` (key, entity), the oldest invitations, which were imported. As ``v4_links``."""
    key = checked_key(company_key)
    return {
        "links": "SELECT v.key AS `key`, 'invoice' AS entity FROM invoice_invitations v "  # noqa: S608
        "JOIN invoices i ON i.id = v.invoice_id AND i.is_deleted = 0 AND i.deleted_at IS NULL "
        f"WHERE v.company_id = (SELECT id FROM companies WHERE BINARY company_key = '{key}') "
        "AND v.deleted_at IS NULL ORDER BY v.id LIMIT 5"
    }


def v5_migrated(email: str, company_key: str = "") -> dict:
    """SQL for V5: ``company`` (account_key), the migrated companies that this e-mail owns; where V4 cannot be asked.

    A migrated company has lines in its ledger that only the importer writes. The e-mail goes in as hexadecimal digits,
    so nothing in it can become SQL. company_key: which one, where there are several.
    """
    digits = email.encode("utf-8").hex() or "00"
    chosen = f" AND BINARY c.company_key = '{checked_key(company_key)}'" if company_key else ""
    return {
        "company": "SELECT DISTINCT c.company_key AS account_key FROM companies c "  # noqa: S608
        f"JOIN company_ledgers l ON l.company_id = c.id AND l.{IMPORT_ENDS} "
        "JOIN company_user m ON m.company_id = c.id AND m.is_owner = 1 JOIN users u ON u.id = m.user_id "
        f"WHERE u.email = _utf8mb4 0x{digits}{chosen}"
    }
