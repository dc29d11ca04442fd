"""Makes the reconciliation of both sides' manifests: what differs, what of it is known, and why.

Pure: the manifests come from host.py's first and second call on each host. Runs on the controller.
"""

from __future__ import annotations

import fnmatch
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Iterable

from ..document_name import v5_name
from . import notes, settings
from .entities import ENTITIES

TOLERANCE = "0.01"  # of what V5 computes anew, for one record
RECORDS = 2000  # of one entity that are looked at one by one

# Differences of these fields are shown without their values: they are keys and secrets, and travel as digests.
SECRETS = ("contact_key", "key", "contact", "config", "token", "customer")
MONEY = (
    "amount",
    "balance",
    "paid_to_date",
    "credit_balance",
    "refunded",
    "allocated",
    "allocated_refunded",
    "cost",
    "price",
)
LINE = [
    "quantity",
    "cost",
    "product_key",
    "notes",
    "discount",
    "tax_name1",
    "tax_rate1",
    "tax_name2",
    "tax_rate2",
    "tax_name3",
    "tax_rate3",
    "custom_value1",
    "custom_value2",
    "type_id",
]

ROUNDED = "rounding: V5 computes this anew, and it is within the tolerance of {} a record"
ROUNDED_SUM = "the roundings of its invoices"
RENUMBERED = "V5 gives every client and vendor a number of its own, so a second one got another"
NUMBERED = "V4 had no number; V5 gives one"
PRODUCT = "V5 makes a product of what stands on a line"
STATUS = "V5 adds its own task statuses"
TERM = "V5 has this payment term of its own"
CONTACT = "V5 gives everybody a contact"
DELETED = "the invoice is deleted on both sides, so nothing is owed"
LINK = "V5 makes a link for every contact that had none"
OWNER = "the owner of V5's account"
LOST_IN_V4 = "V4 itself does not have the file any more"
ELSEWHERE = "its size is the same; V5 keeps it on a disk that is not on its host, so its bytes were not compared"
PICTURE = "V5 keeps every logo as PNG; the picture is the same"
FILE_NAME = "V5 keeps what it may of a file's name"
ACCEPTED = "accepted"
BY_KNOWN = "by the known differences"


def differing(v4: dict, v5: dict) -> dict:
    """The groups of records whose digests differ, by entity; no more of them than RECORDS records lie in."""
    wanted = {}
    for entity in ENTITIES:
        name = entity["name"]
        left, right = v4["entities"][name], v5["entities"][name]
        ours, theirs = dict(left["buckets"] or {}), dict(right["buckets"] or {})
        groups = sorted({int(key) for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)})
        if groups:
            size = max(left["records"], right["records"]) / max(len({*ours, *theirs}), 1)
            wanted[name] = groups[: max(1, int(RECORDS / max(size, 1)))]
    return wanted


def left_out(v4: dict, v5: dict, wanted: dict) -> dict:
    """How many groups differ, by entity, that ``differing`` did not name."""
    every = {}
    for entity in ENTITIES:
        name = entity["name"]
        ours, theirs = (dict(side["entities"][name]["buckets"] or {}) for side in (v4, v5))
        count = sum(ours.get(key) != theirs.get(key) for key in {*ours, *theirs})
        if count > len(wanted.get(name, [])):
            every[name] = count - len(wanted[name])
    return every


def numberless(v4: dict) -> dict:
    """What V5's manifest needs of V4's: the records that V4 leaves without a number, by entity, as digests."""
    return {name: found["numberless"] for name, found in v4["entities"].items() if found.get("numberless")}


def document(
    client: str,
    v4: dict,
    v5: dict,
    v4_records: dict,
    v5_records: dict,
    accept: Iterable[str] = (),
    tolerance: str = TOLERANCE,
) -> dict:
    """The reconciliation (schema 1; docs/reconcile.md).

    v4, v5: manifests of the first call; v4_records, v5_records: of the second (``entities`` empty where nothing
    differs). accept: ids of differences, or globs of them, that count as known. tolerance: money, a decimal number.
    """
    allowed = Decimal(str(tolerance))
    wanted = differing(v4, v5)
    found = _Records(v4_records, v5_records, v4, allowed).differences()
    found += _settings(v4, v5) + _logo(v4, v5)
    found += notes.differences(v4["notes"])
    for name, groups in left_out(v4, v5, wanted).items():
        found.append(_difference(name, "", "", f"{groups} more groups of records differ", "not looked at", "", 0, 0))
    counted = _counts(v4, v5, found) + notes.counts(v4["notes"])
    found += _unexplained(counted, found)
    _name(found)
    for each in found:
        if not each["known"] and any(fnmatch.fnmatchcase(each["id"], pattern) for pattern in accept):
            each["known"], each["reason"] = True, ACCEPTED
    _explain(counted, found)
    found.sort(key=_weight)
    changed = {side: _changed(*both) for side, both in (("v4", (v4, v4_records)), ("v5", (v5, v5_records)))}
    open_ones = sum(not each["known"] for each in found)
    return {
        "schema": 1,
        "client": client,
        "company_key": v4["company"]["account_key"],
        "company_name": v4["company"]["name"] or "",
        "v4": {"version": v4["version"], "taken_at": v4["taken_at"]},
        "v5": {"version": v5["version"], "taken_at": v5["taken_at"]},
        "tolerance": str(tolerance),
        "changed": changed,
        "clean": open_ones == 0 and not changed["v4"] and not changed["v5"],
        "counts": counted,
        "differences": found,
        "summary": {
            "differences": open_ones,
            "known": len(found) - open_ones,
            "records": sum(each["records"] for each in v4["entities"].values()),
        },
    }


def _changed(first: dict, second: dict) -> list:
    """The tables that changed between the two calls."""
    return sorted(table for table, mark in second.get("marks", {}).items() if first["marks"].get(table) != mark)


def _difference(
    entity: str,
    key: str,
    field: str,
    v4: str | None,
    v5: str | None,
    label: str,
    v4_id: int | None,
    v5_id: int | None,
    reason: str = "",
) -> dict:
    return {
        "entity": entity,
        "key": key,
        "field": field,
        "label": label,
        "v4": v4,
        "v5": v5,
        "v4_id": v4_id,
        "v5_id": v5_id,
        "known": bool(reason),
        "reason": reason,
    }


def encoded(part: str) -> str:
    """A part of a difference's id: its slashes do not separate."""
    return part.replace("%", "%25").replace("/", "%2F")


def _name(found: list) -> None:
    """Give each difference its id: entity/key/field, and ``~2`` behind a key that another record has, too."""
    taken: dict = {}
    for each in found:
        record = each["v5_id"] if each["v4_id"] is None else (each["v4_id"],)
        place = (each["entity"], each["key"])
        others = taken.setdefault(place, [])
        if record not in others:
            others.append(record)
        number = others.index(record)
        key = each["key"] if each["entity"] == "documents" else encoded(each["key"])
        parts = [each["entity"], f"{key}~{number + 1}" if number else key, encoded(each["field"])]
        each["id"] = "/".join(part for part in parts if part != "")


class _Records:
    """Pairs the records that travelled, and compares the pairs field by field."""

    def __init__(self, v4: dict, v5: dict, manifest: dict, tolerance: Decimal) -> None:
        self.v4, self.v5, self.url, self.tolerance = v4, v5, manifest.get("url", ""), tolerance
        self.clients = {**dict(v5.get("clients") or {}), **dict(v4.get("clients") or {})}
        self.same_client: dict = {}  # V5's identity of a client, to V4's of the same one
        self.roundings: dict = {}  # V4's identity of a client, to how many of its invoices are rounded
        self.unreadable = {
            side: {row[0]: row[1] for row in given.get("unreadable") or []} for side, given in (("v4", v4), ("v5", v5))
        }

    def differences(self) -> list:
        found = []
        balances = []
        for entity in ENTITIES:
            name = entity["name"]
            left, right = (dict(side.get("entities") or {}).get(name) for side in (self.v4, self.v5))
            if not left and not right:
                continue
            ours, theirs = _labelled(left), _labelled(right)
            if name == "clients":
                balances = self._entity(entity, ours, theirs)
            else:
                found += self._entity(entity, ours, theirs)
        return self._round_clients(balances) + found

    def _entity(self, entity: dict, ours: list, theirs: list) -> list:
        name = entity["name"]
        for record in theirs:
            for field in ("client", "identity"):
                if field in record:
                    record[field] = self.same_client.get(record[field], record[field])
        pairs, alone4, alone5 = pair(ours, theirs, entity)
        found = []
        for one, other in pairs:
            if name == "clients" and one["identity"] != other["identity"]:
                self.same_client[other["identity"]] = one["identity"]
                other["identity"] = one["identity"]
            found += self._fields(entity, one, other, one["_label"] or other["_label"])
        found += [self._missing(entity, record, record["_label"]) for record in alone4]
        found += [self._extra(entity, record, record["_label"], len(alone5)) for record in alone5]
        return found

    def _fields(self, entity: dict, one: dict, other: dict, label: str) -> list:
        name = entity["name"]
        differ = [field for field in one if not field.startswith("_") and one[field] != other[field]]
        key, found = self.key(name, one, label), []
        for field in differ:
            if field == "line_items":
                found += self._lines(name, key, one, other, label)
                continue
            reason = self._reason(name, field, one, other)
            v4, v5 = self._shown(field, one[field], "v4", one), self._shown(field, other[field], "v5", other)
            made = _difference(
                name, key, field, v4, v5, self._called(name, label, one), one["_id"], other["_id"], reason
            )
            if name == "documents":
                made["v4_document"] = self._v4_document(one, label)
            found.append(made)
        return found

    def _lines(self, name: str, key: str, one: dict, other: dict, label: str) -> list:
        ours, theirs = one["line_items"], other["line_items"]
        ids = (one["_id"], other["_id"])
        if len(ours) != len(theirs):
            return [_difference(name, key, "line_items", _lines_text(ours), _lines_text(theirs), label, *ids)]
        return [
            _difference(name, key, f"line_items.{number}.{part}", left, right, label, *ids)
            for number, (mine, yours) in enumerate(zip(ours, theirs), 1)
            for part, left, right in zip(LINE, mine, yours)
            if left != right
        ]

    def _reason(self, name: str, field: str, one: dict, other: dict) -> str:
        """Why a difference is known; empty where it is not."""
        v4, v5 = one[field], other[field]
        if field == "number" and name in ("clients", "vendors", "credits"):
            if v4 == "":
                return NUMBERED
            if name != "credits" and re.fullmatch(re.escape(v4) + "_[A-Za-z0-9]{5}", v5):
                return RENUMBERED
        if name == "clients" and field == "language" and settings.is_nearest_language(v4, v5):
            return settings.NEAREST_LANGUAGE
        # V5's importer replaces what its upload drops.
        if name == "documents" and field == "name" and v5 in (v5_name(v4), v4.replace("/", "-")):
            return FILE_NAME
        if (
            name == "documents"
            and field == "content"
            and v5 == ""
            and "which is not on this host" in self._why("v5", other)
        ):
            return ELSEWHERE if v4.split(" ")[0] == other["_label"] else ""
        if (
            name == "invoices"
            and field in ("balance", "paid_to_date")
            and one["is_deleted"] == other["is_deleted"] == "1"
        ):
            return DELETED
        if name in ("invoices", "quotes", "recurring_invoices") and field in ("amount", "balance"):
            return self._rounding(name, field, one, other)
        return ""

    def _rounding(self, name: str, field: str, one: dict, other: dict) -> str:
        """V5 computes amounts anew from the lines: a balance moves with its amount, and nothing else does."""
        amount = _money(other["amount"]) - _money(one["amount"])
        if amount == 0 or abs(amount) > self.tolerance:
            return ""
        if name == "recurring_invoices":
            return ROUNDED.format(self.tolerance)
        moved = _money(other["balance"]) - _money(one["balance"])
        nothing_open = one.get("status") in ("1", "4") and _money(one["balance"]) == _money(other["balance"]) == 0
        if moved != amount and not nothing_open:
            return ""
        if name == "invoices" and field == "balance":
            self.roundings[one["client"]] = self.roundings.get(one["client"], 0) + 1
        return ROUNDED.format(self.tolerance)

    def _round_clients(self, found: list) -> list:
        """A client's balance may be off by the roundings of its invoices."""
        identities = {record["_id"]: record["identity"] for record in self._clients()}
        for each in found:
            if each["field"] != "balance" or each["known"]:
                continue
            rounded = self.roundings.get(identities.get(each["v4_id"]), 0)
            off = abs(_money(each["v5"]) - _money(each["v4"]))
            if rounded and off <= self.tolerance * rounded:
                each["known"], each["reason"] = True, ROUNDED_SUM
        return found

    def _clients(self) -> list:
        return list((dict(self.v4.get("entities") or {}).get("clients") or {}).get("records") or [])

    def _missing(self, entity: dict, record: dict, label: str) -> dict:
        name = entity["name"]
        reason, v4 = "", "there"
        if name == "documents":
            v4 = self._shown("content", record["content"], "v4", record)
            reason = LOST_IN_V4 if self._why("v4", record) == "is missing on the host" else ""
        made = _difference(
            name,
            self.key(name, record, label),
            "",
            v4,
            None,
            self._called(name, label, record),
            record["_id"],
            None,
            reason,
        )
        if name == "documents":
            made["v4_document"] = self._v4_document(record, label)
        return made

    def _extra(self, entity: dict, record: dict, label: str, spare: int) -> dict:
        name = entity["name"]
        blank = not any(record.get(field, "").strip() for field in ("first_name", "last_name", "email", "phone"))
        known = {
            "products": PRODUCT,
            "task_statuses": STATUS if spare <= 4 else "",
            "payment_terms": TERM,
            "contacts": CONTACT if blank else "",
            "vendor_contacts": CONTACT if blank else "",
            "invoice_invitations": LINK,
            "quote_invitations": LINK,
            "recurring_invitations": LINK,
            "users": OWNER if spare == 1 else "",
        }
        v5 = self._shown("content", record["content"], "v5", record) if name == "documents" else "there"
        key = self.key(name, record, label)
        return _difference(
            name, key, "", None, v5, self._called(name, label, record), None, record["_id"], known.get(name, "")
        )

    def _why(self, side: str, record: dict) -> str:
        return self.unreadable[side].get(record["_id"], "")

    def _v4_document(self, record: dict, label: str) -> dict:
        """What repair needs to fetch an attachment from V4."""
        public_id = label.split(" ")[0]
        size, _, digest = record["content"].partition(" bytes, sha256 ")
        return {
            "public_id": public_id,
            "name": record["name"],
            "size": int(size or label.split(" ")[-1] or 0),
            "sha256": digest,
            "parent": record["parent"],
            "number": record["number"],
            "url": f"{self.url}/api/v1/documents/{public_id}",
        }

    def _shown(self, field: str, value: str, side: str, record: dict) -> str:
        if field in SECRETS:
            return "(another one)" if side == "v5" and value else ("(hidden)" if value else "")
        if field == "client":
            return self.clients.get(value) or ("(a client)" if value else "")
        if field == "content" and value == "":
            return f"the file {self._why(side, record)}"
        return value

    def _called(self, name: str, label: str, record: dict) -> str:
        if name == "documents":
            return ""
        return label or self.clients.get(record.get("client", ""), "")

    def key(self, name: str, record: dict, label: str) -> str:
        """What a person would call the record, and what stays the same over runs."""
        get = record.get
        person = " ".join(filter(None, (get("first_name", ""), get("last_name", ""))))
        keys = {
            "users": get("email"),
            "clients": get("number") or get("name"),
            "contacts": (get("email") or "").strip() or person or self.clients.get(get("client", ""), ""),
            "products": get("product_key"),
            "payments": f"{get('invoice') or '-'} {get('date')} {get('amount')}",
            "vendors": get("number") or get("name"),
            "vendor_contacts": f"{get('vendor')} {get('email') or person}",
            "recurring_expenses": f"{get('vendor')} {get('amount')}",
            "tasks": (get("description") or "")[:60],
            "payment_terms": get("num_days"),
            "gateways": label or get("gateway_key"),
            "gateway_tokens": f"{self.clients.get(get('client', ''), '')} {label}".strip(),
        }
        if name == "documents":
            return "/".join(encoded(get(part) or "") for part in ("parent", "number", "name"))
        if name.endswith("_invitations"):
            return f"{get('number') or ''} {label}".strip()
        found = keys.get(name) or get("number") or get("name")
        return (found or f"{get('date', '')} {get('amount', '')}".strip() or label or "without a name").strip()


def pair(ours: list, theirs: list, entity: dict) -> tuple:
    """Pairs of the same record on both sides, and what is left of each side.

    First those that are wholly the same, then by fewer and fewer of the entity's fields.
    """
    fields = [each for each in (ours[0] if ours else theirs[0] if theirs else {}) if not each.startswith("_")]
    pairs: list = []
    left, right = list(ours), list(theirs)
    ways = [*entity["match"], entity["bucket"]] if entity["loose"] else [entity["bucket"], *entity["match"]]
    for names in (fields, *ways):
        waiting: dict = {}
        for record in right:
            waiting.setdefault(_tuple(record, names), []).append(record)
        still = []
        for record in left:
            same = waiting.get(_tuple(record, names))
            # An empty key says nothing: only what is the same in everything else is the same then.
            if same and (names is fields or any(record[name] for name in names)):
                pairs.append((record, same.pop(0)))
            else:
                still.append(record)
        taken = {id(other) for _, other in pairs}
        left, right = still, [record for record in right if id(record) not in taken]
    return pairs, left, right


def _tuple(record: dict, names: list) -> tuple:
    return tuple(repr(record[name]) if isinstance(record[name], list) else record[name] for name in names)


def _labelled(given: dict | None) -> list:
    """The records with what a person recognises each by as ``_label``."""
    labels = dict((given or {}).get("labels") or {})
    return [
        {**record, "_label": str(labels.get(str(record["_id"]), ""))} for record in (given or {}).get("records") or []
    ]


def _money(value: str | None) -> Decimal:
    try:
        return Decimal(value or "0")
    except InvalidOperation:
        return Decimal(0)


def _lines_text(lines: list) -> str:
    shown = "; ".join(f"{line[0]} x {line[2] or line[3]} at {line[1]}" for line in lines[:20])
    return f"{len(lines)} lines: {shown}" if lines else "no lines"


def _settings(v4: dict, v5: dict) -> list:
    return [
        _difference(
            "settings", each["name"], "value", each["v4"], each["v5"], "", 0, 0, each["reason"] if each["known"] else ""
        )
        for each in settings.compare(v4["settings"], v5["settings"])
    ]


def _logo(v4: dict, v5: dict) -> list:
    """The logo, by its bytes or else by what it looks like: V5's importer stores every picture anew."""
    ours, theirs = v4["logo"], v5["logo"]
    if not ours["there"] and not theirs["there"]:
        return []
    shown = [(one.get("bytes") or f"the file {one.get('problem')}") if one["there"] else None for one in (ours, theirs)]
    if ours["there"] != theirs["there"] or not ours.get("bytes") or not theirs.get("bytes"):
        lost = LOST_IN_V4 if ours.get("problem") == "is missing on the host" and not theirs["there"] else ""
        return [_difference("logo", "logo", "", *shown, "", 0, 0, lost)]
    if ours["bytes"] == theirs["bytes"]:
        return []
    alike = ours.get("size") == theirs.get("size") and alike_pictures(ours.get("rough"), theirs.get("rough"))
    return [_difference("logo", "logo", "picture", *shown, "", 0, 0, PICTURE if alike else "")]


def alike_pictures(one: Any, other: Any) -> bool:
    """Whether two rough pictures (16 x 16 colours) show the same: a JPEG loses little when it is stored anew."""
    if not one or not other or len(one) != len(other):
        return False
    return max(abs(a - b) for a, b in zip(one, other)) <= 12


def _total(parts: list) -> str:
    """[whole, millionths] as a decimal number."""
    return settings.number(format(Decimal(parts[0]) + Decimal(parts[1]) / 1000000, "f"))


def _counts(v4: dict, v5: dict, found: list) -> list:
    """Every count and sum on both sides, those that are the same, too."""
    rows = []
    for entity in ENTITIES:
        name = entity["name"]
        left, right = (dict(side["entities"][name]["groups"] or {}) for side in (v4, v5))
        for group in sorted({*left, *right}):
            ours, theirs = left.get(group, {}), right.get(group, {})
            facts = [("count", "count"), ("count_deleted", "deleted")]
            for what, key in facts:
                one, other = str(ours.get(key, 0)), str(theirs.get(key, 0))
                if what == "count" or one != "0" or other != "0":
                    rows.append(_row(name, group, what, one, other))
            for field in entity["sums"]:
                sums = [_total(dict(side.get("sums") or {}).get(field, [0, 0])) for side in (ours, theirs)]
                rows.append(_row(name, group, f"sum {field}", *sums))
    return rows


def _row(entity: str, group: str, what: str, v4: str, v5: str) -> dict:
    return {"entity": entity, "group": group, "what": what, "v4": v4, "v5": v5, "known": v4 == v5, "reason": ""}


def _explain(counted: list, found: list) -> None:
    """A count or sum that differs only by known differences is known, too."""
    still_open = {each["entity"] for each in found if not each["known"]}
    for row in counted:
        if not row["known"] and row["entity"] not in still_open:
            row["known"], row["reason"] = True, BY_KNOWN


def _unexplained(counted: list, found: list) -> list:
    """Sums that differ where no record does: that must never be passed over."""
    explained = {each["entity"] for each in found}
    return [
        _difference(row["entity"], f"all {row['group']}".strip(), row["what"], row["v4"], row["v5"], "", 0, 0)
        for row in counted
        if not row["known"] and row["entity"] not in explained
    ]


_ORDER = ["invoices", "payments", "clients", "credits", "documents", "gateway_tokens", "gateways", "contacts", "quotes"]


def _weight(each: dict) -> tuple:
    """Worst first: what is not known, records that are missing, money by how much, everything else."""
    place = _ORDER.index(each["entity"]) if each["entity"] in _ORDER else len(_ORDER)
    money = each["field"].split(".")[-1] in MONEY
    off = abs(_money(each["v5"]) - _money(each["v4"])) if money and each["field"] else Decimal(0)
    whole = each["field"] == "" and each["v5"] is None
    return each["known"], 0 if whole or money else 1, -off, place, each["id"]
