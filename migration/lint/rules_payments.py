"""V5's importer: payments, and the invoices that they are for."""

from __future__ import annotations

from . import amounts, php
from .record import Record, shown, type_error
from .rules_billing import RECOVER, knows_currency, needs_clients
from .schema import TABLES

CANCELLED, REFUNDED = 2, (5, 6)  # a payment's status


def payment(record: Record) -> None:
    data = record.data
    needs_clients(record, "payments")
    record.reference("clients", "client_id", 1367, RECOVER)
    record.user(1368)
    applied = _payments_invoices(record)
    knows_currency(record)
    values = dict(data)
    if applied and record.has("amount") and (data["amount"] is None or data["amount"] == "" or data["amount"] is False):
        values["amount"] = 0
        _without_amount(record, applied[-1])
    for name in ("status_id", "refunded", "deleted_at"):
        record.has(name)
    # Only what a request may fill, and the three that the importer sets by hand.
    values = {
        name: value
        for name, value in values.items()
        if name in _payment_columns() and name not in ("client_id", "user_id", "company_id")
    }
    record.insert("payments", values)
    record.parsed("created_at", "updated_at")
    gateway = data.get("company_gateway_id")
    if gateway is not None and gateway != "NULL":
        _payments_gateway(record, gateway)
    if len(applied) > 1:
        record.warn(
            "payment-split-changed",
            f"The {record.name} is for {len(applied)} invoices; V5 books its whole amount on each of them",
            ("text", "correct the payment in V5, or reverse and enter it once per invoice in V4"),
        )
    if php.row_id(data.get("status_id")) != CANCELLED and applied:
        _book(record, applied)
    record.deleted()


def _without_amount(record: Record, last) -> None:
    """V5 takes the sum over a payment's invoices, which it forgets if the last of them did not come over."""
    step, importer = record.next_step(), record.importer

    def check() -> None:
        if last in importer.ids["invoices"]:
            record.warn("value-changed", f"The {record.name} has no amount; V5 takes the sum over its invoices")
        elif record.data["amount"] is None:
            record.required("payments", "amount", step=step)

    importer.when_read("invoices", check)


def _book(record: Record, applied: list) -> None:
    data, importer = record.data, record.importer
    parts = data["invoices"].values() if isinstance(data["invoices"], dict) else data["invoices"]
    paid = sum(amounts.number(part.get("amount")) for part in parts if isinstance(part, dict))
    refunded = amounts.number(data.get("refunded")) if php.row_id(data.get("status_id")) in REFUNDED else 0.0
    importer.when_read("invoices", lambda: importer.book(applied, paid, refunded))


def _payment_columns() -> frozenset:
    return TABLES["payments"].fillable | {"status_id", "refunded"}


def _payments_invoices(record: Record) -> list:
    """The invoices that a payment is for. One that V5 does not have makes the payment forget them all."""
    data, importer = record.data, record.importer
    if data.get("invoices") is None:
        return []
    invoices = record.loop("invoices")
    keys = []
    for part in invoices or ():
        if not isinstance(part, dict):
            record.fail(
                "record-wrong-type", f"An invoice of the {record.name} is {php.kind(part)}", _read(part), ("export",)
            )
            continue
        if "invoice_id" not in part:
            record.fail(
                "key-missing",
                f"An invoice of the {record.name} has no invoice_id",
                'Undefined array key "invoice_id"',
                ("export",),
            )
            continue
        value = part["invoice_id"]
        if value is None or isinstance(value, (list, dict)):
            record.fail(
                "reference-null",
                f"The {record.name} has {php.kind(value)} as the id of its invoice",
                type_error("tryTransformingId", "2 ($old)", "string", value, 1375),
                ("payment-invoice",),
            )
            continue
        keys.append(php.key(value))
    step = record.next_step()

    def check() -> None:
        for key in keys:
            if key not in importer.ids["invoices"]:
                record.warn(
                    "payment-unapplied",
                    f"The {record.name} is for invoice {shown(key)}, which is not exported as an"
                    f" invoice; it arrives unapplied",
                    ("text", "apply the payment in V5 after the migration"),
                )
                break

    record.step = step
    importer.when_read("invoices", check)
    return keys


def _read(value) -> str:
    if isinstance(value, str):
        return "Cannot access offset of type string on string"
    return f"Trying to access array offset on value of type {php.kind(value)}"


def _payments_gateway(record: Record, gateway) -> None:
    if isinstance(gateway, (list, dict)):
        record.fail(
            "value-wrong-type",
            f"The {record.name} has {shown(gateway)} in company_gateway_id",
            type_error("tryTransformingId", "2 ($old)", "string", gateway, 1401),
            ("null", "company_gateway_id"),
        )
        return
    importer = record.importer

    def check() -> None:
        if php.key(gateway) not in importer.ids["company_gateways"]:
            record.warn(
                "payment-gateway-lost", f"The {record.name} forgets its gateway {shown(gateway)}, which is not exported"
            )

    importer.when_read("company_gateways", check)
