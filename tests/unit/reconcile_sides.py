"""Manifests of both sides as the hosts' PHP would make them, from records that a test writes down."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from migration.reconcile import compare
from migration.reconcile.entities import ENTITIES
from migration.reconcile.notes import SQL as NOTES
from migration.reconcile.settings import RULES

BY_NAME = {entity["name"]: entity for entity in ENTITIES}
LINE = ["1", "10.5", "Widget", "blue", "0", "VAT", "20", "", "0", "", "0", "", "", "1"]


def blank(name: str, /, **values: Any) -> dict:
    """A record of an entity with all its fields, empty but for `values`."""
    fields = BY_NAME[name]["sides"]["v4"]["fields"]
    record: dict = {"_id": 0}
    for field, (kind, *_) in fields.items():
        record[field] = [] if kind in "lj" else "0" if kind in "nbk" else ""
    unknown = set(values) - set(record)
    assert not unknown, unknown
    return {**record, **values}


class Side:
    """One side's records, and what its host would answer."""

    def __init__(self, side: str, records: dict) -> None:
        self.side, self.records = side, records
        self.settings = settings_of(side)
        self.logo: dict = {"there": False}
        self.marks = {"invoices": "1"}
        self.notes: dict = {name: [] for name in NOTES}
        self.notes.update(
            {name: [{"n": 0, "amount": None}] for name in ("voided", "credits_left", "recurring_left", "drafts")}
        )
        self.labels: dict = {}
        self.unreadable: list = []
        self.clients: dict = {}

    def digests(self) -> dict:
        """The answer of the first call."""
        entities = {}
        for entity in ENTITIES:
            rows = self.records.get(entity["name"], [])
            groups: dict = {}
            for row in rows:
                group = groups.setdefault("/".join(row[field] for field in entity["group"]), _empty(entity))
                if row.get("is_deleted") == "1":
                    group["deleted"] += 1
                    continue
                group["count"] += 1
                for field in entity["sums"]:
                    group["sums"][field][1] += round(float(row[field]) * 1000000)
            entities[entity["name"]] = {"records": len(rows), "buckets": self._buckets(entity, rows), "groups": groups}
        company = {"id": 1, "account_key": "key", "name": "Acme"}
        common = {"side": self.side, "version": "1", "taken_at": "2026-01-01T00:00:00Z", "company": company}
        common.update({"settings": self.settings, "logo": self.logo, "marks": dict(self.marks), "notes": self.notes})
        return json.loads(json.dumps({**common, "entities": entities, "url": "https://v4.example.com"}))

    def _buckets(self, entity: dict, rows: list) -> dict:
        found: dict = {}
        for row in rows:
            found.setdefault(self.bucket(entity, row), []).append(
                json.dumps({key: value for key, value in row.items() if key != "_id"}, sort_keys=True)
            )
        return {
            key: hashlib.md5("\n".join(sorted(texts)).encode(), usedforsecurity=False).hexdigest()
            for key, texts in found.items()
        }

    @staticmethod
    def bucket(entity: dict, row: dict) -> str:
        """The group of a record, by its key."""
        key = json.dumps([row[field] for field in entity["bucket"]])
        return str(int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[:4], 16) % 64)

    def given(self, wanted: dict) -> dict:
        """The answer of the second call."""
        entities = {}
        for name, groups in wanted.items():
            rows = [row for row in self.records.get(name, []) if int(self.bucket(BY_NAME[name], row)) in groups]
            labels = {str(row["_id"]): self.labels.get((name, row["_id"]), "") for row in rows}
            entities[name] = {"records": rows, "labels": labels}
        answer = {
            "entities": entities,
            "marks": dict(self.marks),
            "unreadable": self.unreadable,
            "clients": self.clients,
        }
        return json.loads(json.dumps(answer))


def settings_of(side: str) -> dict:
    """A company's settings that come over as they are, on one side."""
    v4 = {"share_counter": 1, "all_pages_footer": 1, "all_pages_header": 1, "enable_client_portal_dashboard": 1}
    zone = {"_timezone": "UTC", "_zone": "0", "_language": "en"}
    return {**(v4 if side == "v4" else {rule.name: rule.v4(v4)[0] for rule in RULES}), **zone}


def _empty(entity: dict) -> dict:
    return {"count": 0, "deleted": 0, "sums": {field: [0, 0] for field in entity["sums"]}}


def both(records: dict) -> tuple:
    """The same records on both sides, with other ids in V5."""
    v5 = copy.deepcopy(records)
    for rows in v5.values():
        for row in rows:
            row["_id"] += 1000
    return Side("v4", records), Side("v5", v5)


def document(v4: Side, v5: Side, **options: Any) -> dict:
    """The reconciliation of two sides, by both calls."""
    ours, theirs = v4.digests(), v5.digests()
    wanted = compare.differing(ours, theirs)
    return compare.document("client1", ours, theirs, v4.given(wanted), v5.given(wanted), **options)


def open_ids(found: dict) -> list:
    """The ids of what differs and is not known."""
    return [each["id"] for each in found["differences"] if not each["known"]]


def company() -> dict:
    """A small company: at least one record of every kind, the first client with two invoices."""
    one, two = "a" * 32, "b" * 32
    records = {entity["name"]: [] for entity in ENTITIES}
    for number, (identity, name) in enumerate(((one, "Acme"), (two, "Blue Ltd")), 1):
        records["clients"].append(
            blank(
                "clients", _id=number, identity=identity, name=name, number=f"K{number}", currency="USD", balance="10"
            )
        )
        records["contacts"].append(
            blank(
                "contacts", _id=number, contact_key=f"contact{number}", client=identity, email=f"c{number}@example.com"
            )
        )
    for number, client in ((1, one), (2, one), (3, two)):
        for kind in ("invoices", "quotes"):
            records[kind].append(
                blank(
                    kind,
                    _id=number,
                    number=f"000{number}",
                    client=client,
                    currency="USD",
                    status="2",
                    date="2026-01-01",
                    amount="10.5",
                    balance="10.5",
                    line_items=[list(LINE)],
                )
            )
        records["payments"].append(
            blank(
                "payments",
                _id=number,
                client=client,
                invoice=f"000{number}",
                currency="USD",
                date="2026-02-01",
                amount="5",
                allocated="5",
                status="4",
            )
        )
    content = "75 bytes, sha256 " + "0" * 64
    more = {
        "users": {"email": "owner@example.com"},
        "products": {"product_key": "Widget", "price": "10.5"},
        "recurring_invoices": {"client": one, "date": "2026-01-01", "amount": "7", "line_items": [list(LINE)]},
        "credits": {"client": one, "number": "CR1", "amount": "3", "balance": "3", "currency": "USD"},
        "expenses": {"date": "2026-01-03", "amount": "4", "vendor": "Shop"},
        "recurring_expenses": {"vendor": "Shop", "amount": "9"},
        "expense_categories": {"name": "Travel"},
        "vendors": {"name": "Shop", "number": "V1"},
        "vendor_contacts": {"vendor": "Shop", "email": "shop@example.com"},
        "projects": {"name": "House", "client": one},
        "tasks": {"description": "Paint", "client": one, "time_log": "[[1,2]]"},
        "task_statuses": {"name": "Waiting"},
        "tax_rates": {"name": "VAT", "rate": "20"},
        "payment_terms": {"num_days": "45"},
        "invoice_invitations": {"key": "k1", "number": "0001", "contact": "contact1"},
        "quote_invitations": {"key": "k2", "number": "0001", "contact": "contact1"},
        "recurring_invitations": {"key": "k3", "contact": "contact1"},
        "gateways": {"gateway_key": "stripe", "config": "digest"},
        "gateway_tokens": {"client": one, "gateway_key": "stripe", "token": "digest", "customer": "digest"},
        "documents": {"parent": "invoices", "number": "0001", "name": "scan.pdf", "content": content},
    }
    for name, values in more.items():
        records[name].append(blank(name, _id=1, **values))
    return records
