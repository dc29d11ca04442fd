"""High-water marks of a company's tables, and what was entered or changed since they were taken.

V4's are taken at the export, so that a cut-over can say what V5 cannot have; V5's at the cut-over, so that a rollback
can say what V4 does not have. A mark is a table's highest id, newest ``updated_at``, number of rows, and a digest of
its rows without the columns that change when somebody only looks (logins, opened links, sent mails). The digest
decides whether anything changed; ids and ``updated_at`` then say which rows. So a customer who opened an invoice makes
no alarm, and a row that somebody changed by SQL, past ``updated_at``, does not go unseen.

Runs on the host. Standard library only.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
import time
from pathlib import Path
from typing import Any, Iterable, NamedTuple

from .. import php_db
from ..counts import checked_key
from ..errors import MigrationError

SCHEMA = 1
ROWS = 500  # of a table's new or changed rows, that many are named
TIMEOUT = 600.0  # seconds for all tables together
# Without marks the moment of the import stands for that of the export, which came before it: seconds between the two.
MARGIN = 900
_SPECIAL = re.compile(r"[^A-Za-z0-9_]")


class Table(NamedTuple):
    """A table whose rows are watched.

    entity: what a row is called, as SQL or a quoted word; a row that only belongs to another (a line item) counts as a
    change of that one. key: SQL for what a person recognises it by. noise: columns that change without anybody entering
    anything. instead: SQL in place of a column, for the digest. tenant: the column with the company's id.
    """

    entity: str
    key: str
    noise: tuple = ()
    instead: tuple = ()
    tenant: str = ""
    own: bool = True


def _of(table: str, column: str, foreign: str) -> str:
    return f"(SELECT {column} FROM {table} p WHERE p.id = t.{foreign})"  # noqa: S608


_V4_INVOICE = "IF({0}.is_recurring = 1, 'recurring_invoices', IF({0}.invoice_type_id = 2, 'quotes', 'invoices'))"
_V4_PARENT = _of("invoices", _V4_INVOICE.format("p"), "invoice_id")
_V4_NUMBER = _of("invoices", "p.invoice_number", "invoice_id")
_CLIENT_NAME = _of("clients", "p.name", "client_id")
_VENDOR_NAME = _of("vendors", "p.name", "vendor_id")

V4 = {
    "accounts": Table("'company settings'", "t.name", ("last_login", "ip", "devices", "live_preview"), tenant="id"),
    "account_email_settings": Table(
        "'company settings'",
        _of("accounts", "p.name", "account_id"),
        ("forward_url_for_v5", "is_disabled"),  # what the cut-over itself sets
        own=False,
    ),
    "account_gateway_settings": Table("'company settings'", _of("accounts", "p.name", "account_id"), own=False),
    "users": Table(
        "'users'",
        "t.email",
        (
            *("failed_logins", "remember_token", "remember_2fa_token", "news_feed_id", "dark_mode"),
            *("force_pdfjs", "accepted_terms_version", "accepted_terms_timestamp", "accepted_terms_ip", "bot_user_id"),
        ),
    ),
    "clients": Table("'clients'", "t.name", ("last_login",)),
    "contacts": Table("'clients'", _CLIENT_NAME, ("last_login", "remember_token", "bot_user_id"), own=False),
    # A sent invoice (2) that its customer opened is viewed (3), which V5 does not tell apart.
    "invoices": Table(
        _V4_INVOICE.format("t"),
        "t.invoice_number",
        instead=(
            ("invoice_status_id", "IF(t.invoice_status_id = 3, 2, t.invoice_status_id)"),
            ("last_sent_date", "IF(t.is_recurring = 1, t.last_sent_date, NULL)"),
        ),
    ),
    "invoice_items": Table(_V4_PARENT, _V4_NUMBER, own=False),
    "invitations": Table(
        _V4_PARENT,
        _V4_NUMBER,
        ("viewed_date", "sent_date", "opened_date", "message_id", "email_error"),
        own=False,
    ),
    "payments": Table("'payments'", f"CONCAT(t.amount, ' for ', {_V4_NUMBER})"),
    "credits": Table("'credits'", "t.credit_number"),
    "products": Table("'products'", "t.product_key"),
    "expenses": Table("'expenses'", "CONCAT(t.amount, ' of ', t.expense_date)"),
    "expense_categories": Table("'expense categories'", "t.name"),
    "recurring_expenses": Table("'recurring expenses'", "CONCAT(t.amount, ' from ', t.start_date)"),
    "vendors": Table("'vendors'", "t.name"),
    "vendor_contacts": Table("'vendors'", _VENDOR_NAME, own=False),
    "projects": Table("'projects'", "t.name"),
    "tasks": Table("'tasks'", "LEFT(t.description, 40)"),
    "task_statuses": Table("'task statuses'", "t.name"),
    "tax_rates": Table("'tax rates'", "t.name"),
    "payment_terms": Table("'payment terms'", "t.num_days"),
    "documents": Table("'documents'", "t.name"),
    "account_gateways": Table("'gateways'", _of("gateways", "p.name", "gateway_id")),
    "account_gateway_tokens": Table("'stored payment methods'", _CLIENT_NAME),
    "payment_methods": Table("'stored payment methods'", "t.last4"),
}

_V5_CLIENT = _of("clients", "p.name", "client_id")
V5 = {
    "companies": Table(
        "'company settings'",
        "JSON_UNQUOTE(JSON_EXTRACT(t.settings, '$.name'))",
        ("is_disabled", "size_id", "is_large", "update_products"),
        tenant="id",
    ),
    "clients": Table("'clients'", "t.name", ("last_login",)),
    "client_contacts": Table(
        "'clients'",
        _V5_CLIENT,
        ("last_login", "remember_token", "token", "accepted_terms_version", "avatar", "avatar_type", "avatar_size"),
        own=False,
    ),
    "invoices": Table("'invoices'", "t.number", ("last_viewed", "is_proforma")),
    "quotes": Table("'quotes'", "t.number", ("last_viewed",)),
    "credits": Table("'credits'", "t.number", ("last_viewed",)),
    "recurring_invoices": Table("'recurring_invoices'", "t.number", ("last_viewed",)),
    "payments": Table("'payments'", "t.number"),
    "products": Table("'products'", "t.product_key"),
    "expenses": Table("'expenses'", "t.number"),
    "recurring_expenses": Table("'recurring expenses'", "t.number"),
    "expense_categories": Table("'expense categories'", "t.name"),
    "vendors": Table("'vendors'", "t.name"),
    "vendor_contacts": Table("'vendors'", _VENDOR_NAME, ("last_login", "remember_token"), own=False),
    "projects": Table("'projects'", "t.name"),
    "tasks": Table("'tasks'", "t.number"),
    "purchase_orders": Table("'purchase orders'", "t.number", ("last_viewed",)),
    "bank_transactions": Table("'bank transactions'", "t.description"),
    "company_gateways": Table("'gateways'", "t.label"),
    "client_gateway_tokens": Table("'stored payment methods'", _V5_CLIENT),
    "documents": Table("'documents'", "t.name"),
    "tax_rates": Table("'tax rates'", "t.name"),
    "payment_terms": Table("'payment terms'", "t.num_days"),
    "task_statuses": Table("'task statuses'", "t.name"),
}
SIDES = {"v4": (V4, "accounts", "account_key", "account_id"), "v5": (V5, "companies", "company_key", "company_id")}
# Rows of these change whenever somebody logs in or opens a link; without a digest nothing tells that from an entry.
_TOUCHED = {"accounts", "account_email_settings", "account_gateway_settings", "users", "invitations", "companies"}
_SINGULAR = {"recurring_invoices": "recurring invoice", "company settings": "company settings", "tax rates": "tax rate"}


class Place(NamedTuple):
    """Where a company is: ``root`` and ``php`` of the application, ``side`` (v4, v5), ``key`` (account or company)."""

    root: Path
    php: str
    side: str
    key: str


def take(place: Place) -> dict[str, Any]:
    """Take the marks of all tables in one snapshot of the database.

    Returns {"schema", "key", "taken_at" (epoch seconds of this host), "tables": {name: {"columns", "count", "max_id",
    "max_updated_at", "digest"}}}. Raises MigrationError as php_db.query does.
    """
    columns = _columns(place)
    taken_at = int(time.time())
    rows = _query(place, {name: _mark_sql(place.side, name, columns[name], _tenant(place, name)) for name in columns})
    tables = {name: dict(_mark(rows[name][0]), columns=columns[name]) for name in columns}
    return {"schema": SCHEMA, "key": place.key, "taken_at": taken_at, "tables": tables}


def changes(place: Place, marks: dict[str, Any]) -> list[dict[str, Any]]:
    """What is new or changed since the marks were taken, as `Change` dictionaries, in the tables' order.

    A change: ``id`` (stable, for --accept), ``entity``, ``key``, ``kind`` (new, changed, gone, touched). ``gone``: rows
    were deleted for good; ``touched``: the digest says so, and no row's updated_at does; both are about a whole table.
    """
    tables, *_ = SIDES[place.side]
    there = _columns(place)
    known = {name: mark for name, mark in marks["tables"].items() if name in tables and name in there}
    for name, mark in known.items():
        lost = [column for column in mark["columns"] if column not in there[name]]
        if lost:
            raise MigrationError(
                f"The table {name} has lost columns since its marks were taken ({', '.join(lost)}): the application is"
                " another version now, so nothing can be compared",
                "./cli.py verify CLIENT",
                "marks-other-version",
            )
    now = _query(
        place,
        {name: _mark_sql(place.side, name, mark["columns"], _tenant(place, name)) for name, mark in known.items()},
    )
    differing = {name: mark for name, mark in known.items() if not _same(mark, _mark(now[name][0]))}
    queries = {}
    for name, mark in differing.items():
        newer = f"t.id > {int(mark['max_id'] or 0)}"
        queries[f"{name} new"] = _list_sql(place, name, newer)
        if mark["max_updated_at"] and "updated_at" in there[name]:
            since = f"t.updated_at > {_text(mark['max_updated_at'])}"
            queries[f"{name} changed"] = _list_sql(place, name, f"NOT {newer} AND {since}")
    found = _query(place, queries) if queries else {}
    listed = []
    for name, mark in differing.items():
        new, changed = found[f"{name} new"], found.get(f"{name} changed", [])
        own = tables[name].own
        listed += [_change(row, "new" if own else "changed") for row in new]
        listed += [_change(row, "changed") for row in changed]
        gone = int(mark["count"]) + len(new) - int(now[name][0]["count"])
        if gone > 0 and len(new) < ROWS:
            listed.append(_whole(name, "gone", gone))
        elif not new and not changed:
            listed.append(_whole(name, "touched", 0))
    return _once(listed)


def since(place: Place, epoch: int) -> list[dict[str, Any]]:
    """What was created or changed since a moment (epoch seconds), where no marks are there; as ``changes``.

    The rows' times are in the application's time zone (APP_TIMEZONE of V4's .env, UTC in V5), the moment is not. Tables
    that a mere login touches are left out. In V4 MARGIN seconds before the moment are included, because an export is
    older than its import.
    """
    there = _columns(place)
    moment = _local(place, epoch - (MARGIN if place.side == "v4" else 0))
    queries = {}
    for name, columns in there.items():
        if name in _TOUCHED or "created_at" not in columns:
            continue
        touched = "last_login" in SIDES[place.side][0][name].noise or "updated_at" not in columns
        queries[f"{name} new"] = _list_sql(place, name, f"t.created_at >= {_text(moment)}")
        if not touched:
            queries[f"{name} changed"] = _list_sql(
                place, name, f"t.created_at < {_text(moment)} AND t.updated_at >= {_text(moment)}"
            )
    found = _query(place, queries)
    listed = []
    for name, rows in found.items():
        table, _, kind = name.partition(" ")
        own = SIDES[place.side][0][table].own
        listed += [_change(row, kind if own else "changed") for row in rows]
    return _once(listed)


def words(changed: Iterable[dict[str, Any]], limit: int = 8) -> str:
    """Changes in the words of a person: ``2 new invoices (0065, 0066), 1 changed client (Acme)``; "" for none."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in changed:
        groups.setdefault((each["kind"], each["entity"]), []).append(str(each["key"]))
    said = []
    for (kind, entity), keys in groups.items():
        name = entity.replace("_", " ")
        if kind in ("gone", "touched"):
            said.append(f"rows of {name} {'deleted for good' if kind == 'gone' else 'changed past updated_at'}")
            continue
        one = _SINGULAR.get(entity, name[:-3] + "y" if name.endswith("ies") else name[:-1])
        shown = ", ".join(key for key in keys[:limit] if key) + (", …" if len(keys) > limit else "")
        count = f"{len(keys)}{' or more' if len(keys) >= ROWS else ''}"
        said.append(f"{count} {kind} {one if len(keys) == 1 else name}" + (f" ({shown})" if shown else ""))
    return ", ".join(said)


def unaccepted(named: Iterable[dict[str, Any]], accept: Iterable[str]) -> list[dict[str, Any]]:
    """Those of the named things (dictionaries with ``id``) that no accepted id, or pattern of ids, stands for."""
    patterns = list(accept)
    return [one for one in named if not any(_meant(one["id"], pattern) for pattern in patterns)]


def accepting(named: list[dict[str, Any]], limit: int = 5) -> str:
    """The options of the command that accept these: each by its id, or where they are many, by patterns."""
    ids = [one["id"] for one in named]
    if len(ids) > limit:
        ids = sorted({f"{id.rpartition('/')[0]}/*" for id in ids})
    return " ".join(f"--accept {shlex.quote(id)}" for id in ids)


def _meant(id: str, pattern: str) -> bool:
    return id == pattern or fnmatch.fnmatchcase(id, pattern)


def _columns(place: Place) -> dict[str, list[str]]:
    """The columns, in their order, of those tables that this version has; without what is noise, for the digest."""
    tables, *_ = SIDES[place.side]
    names = ", ".join(_text(name) for name in tables)
    sql = (
        "SELECT table_name AS t, column_name AS c FROM information_schema.columns "  # noqa: S608
        f"WHERE table_schema = DATABASE() AND table_name IN ({names}) ORDER BY table_name, ordinal_position"
    )
    found: dict[str, list[str]] = {}
    for row in _query(place, {"columns": sql}, limit=20000)["columns"]:
        if not _SPECIAL.search(row["c"]):
            found.setdefault(row["t"], []).append(row["c"])
    return {name: found[name] for name in tables if "id" in found.get(name, ())}


def _mark_sql(side: str, name: str, columns: list[str], tenant: str) -> str:
    table = SIDES[side][0][name]
    instead = dict(table.instead)
    counted = [column for column in columns if column not in table.noise and column != "updated_at"]
    values = ", ".join(f"QUOTE({instead.get(column, f't.`{column}`')})" for column in counted)
    digest = f"BIT_XOR(CAST(CONV(LEFT(MD5(CONCAT_WS(',', {values})), 16), 16, 10) AS UNSIGNED))"
    newest = "CAST(MAX(t.updated_at) AS CHAR)" if "updated_at" in columns else "NULL"
    return (
        f"SELECT COUNT(*) AS count, COALESCE(MAX(t.id), 0) AS max_id, {newest} AS max_updated_at, "  # noqa: S608
        f"CAST(COALESCE({digest}, 0) AS CHAR) AS digest FROM {name} t WHERE {tenant}"
    )


def _list_sql(place: Place, name: str, condition: str) -> str:
    table = SIDES[place.side][0][name]
    return (
        f"SELECT t.id, {table.entity} AS entity, CAST({table.key} AS CHAR) AS name FROM {name} t "  # noqa: S608
        f"WHERE {_tenant(place, name)} AND {condition} ORDER BY t.id LIMIT {ROWS}"
    )


def _tenant(place: Place, name: str) -> str:
    tables, parent, key, tenant = SIDES[place.side]
    checked_key(place.key)
    column = tables[name].tenant or tenant
    return f"t.{column} = (SELECT id FROM {parent} WHERE BINARY {key} = '{place.key}' ORDER BY id LIMIT 1)"  # noqa: S608


def _mark(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("count", "max_id", "max_updated_at", "digest")}


def _same(before: dict[str, Any], now: dict[str, Any]) -> bool:
    return all(str(before[name]) == str(now[name]) for name in ("count", "max_id", "digest"))


def _change(row: dict[str, Any], kind: str) -> dict[str, Any]:
    entity, key = row["entity"] or "rows", row["name"] or f"#{row['id']}"
    return {"id": f"since/{entity}/{key.replace('/', '%2F')}", "entity": entity, "key": key, "kind": kind}


def _whole(table: str, kind: str, count: int) -> dict[str, Any]:
    return {"id": f"since/{table}/{kind}", "entity": table, "key": str(count or ""), "kind": kind}


def _once(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each record once; that it is new says more than that a part of it changed."""
    best: dict[str, dict[str, Any]] = {}
    for each in listed:
        if each["id"] not in best or (each["kind"] == "new" and best[each["id"]]["kind"] != "new"):
            best[each["id"]] = each
    return list(best.values())


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _query(place: Place, queries: dict[str, str], limit: int = php_db.ROW_LIMIT) -> dict[str, list[dict[str, Any]]]:
    return php_db.query(place.root, queries, place.php, limit, timeout=TIMEOUT)["rows"]


def _local(place: Place, epoch: int) -> str:
    """A moment as the application writes it into its rows."""
    zone = (php_db.read_env(place.root).get("APP_TIMEZONE") or "UTC") if place.side == "v4" else "UTC"
    body = (
        "try { $zone = new DateTimeZone($input['zone']); } catch (Exception $e) { $zone = new DateTimeZone('UTC'); }\n"
        "ninja_emit(['at' => (new DateTime('@' . $input['epoch']))->setTimezone($zone)->format('Y-m-d H:i:s')]);"
    )
    return php_db.run_php(body, {"zone": zone, "epoch": epoch}, place.php)["at"]
