"""Two manifests and what is made of them: every change is found, what is meant to be so is known, no more is told."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reconcile_sides import BY_NAME, LINE, Side, blank, both, company, document, open_ids

from migration.reconcile import compare, notes, page, text
from migration.reconcile.entities import ENTITIES, GATEWAY_KEYS

# Of these, V5 may have more than V4, and their values are its own business.
FREE = (
    "products",
    "task_statuses",
    "payment_terms",
    "invoice_invitations",
    "quote_invitations",
    "recurring_invitations",
)


def test_the_same_company_has_no_difference():
    found = document(*both(company()))
    assert (found["clean"], found["differences"]) == (True, [])
    assert found["summary"] == {"differences": 0, "known": 0, "records": sum(map(len, company().values()))}
    assert all(row["v4"] == row["v5"] for row in found["counts"])


def places() -> list:
    """Every field of every record of the small company; a client's identity is told by its contacts."""
    return [
        (name, number, field)
        for name, rows in company().items()
        for number, row in enumerate(rows)
        for field in row
        if field not in ("_id", "identity")
    ]


@given(place=st.sampled_from(places()), data=st.data())
def test_every_changed_field_of_every_record_is_found(place, data):
    """One field of one record becomes another value: exactly that record is named, and never as a known difference."""
    name, number, field = place
    v4, v5 = both(company())
    row = v5.records[name][number]
    before = row[field]
    if isinstance(before, list):
        part = data.draw(st.integers(0, len(LINE) - 1))
        other = data.draw(st.text(max_size=8).filter(lambda value: value != before[0][part]))
        row[field] = [[*before[0][:part], other, *before[0][part + 1 :]]]
    elif before.replace(".", "").lstrip("-").isdigit():
        row[field] = str(data.draw(st.integers(1000, 10**9)))
    else:
        row[field] = data.draw(st.text(min_size=1, max_size=8).filter(lambda value: value.strip() not in ("", before)))
    found = document(v4, v5)
    assert not found["clean"]
    told = [each for each in found["differences"] if not each["known"]]
    assert told
    assert {each["entity"] for each in told} == {name}
    assert {each["v4_id"] for each in told if each["v4_id"]} == {v4.records[name][number]["_id"]}
    whole = [each for each in told if each["field"] == ""]
    assert whole or any(each["field"].split(".")[0] == field for each in told)


@given(name=st.sampled_from(sorted(company())), data=st.data())
def test_every_missing_record_is_found(name, data):
    v4, v5 = both(company())
    number = data.draw(st.integers(0, len(v5.records[name]) - 1))
    gone = v4.records[name][number]["_id"]
    del v5.records[name][number]
    told = [each for each in document(v4, v5)["differences"] if not each["known"]]
    assert [(each["entity"], each["v4_id"], each["v5"]) for each in told] == [(name, gone, None)]


@pytest.mark.parametrize("name", sorted(company()))
def test_a_record_too_many_is_told_where_v5_has_none_of_its_own(name):
    v4, v5 = both(company())
    extra = {**v5.records[name][0], "_id": 5000}
    v5.records[name].append(extra)
    found = document(v4, v5)
    (told,) = found["differences"]
    assert (told["entity"], told["v4"], told["v5_id"]) == (name, None, told["v5_id"])
    assert told["known"] is (name in (*FREE, "users"))


@given(st.permutations([0, 1, 2]), st.sampled_from(["invoices", "payments", "quotes"]))
def test_the_order_of_records_does_not_matter(order, name):
    v4, v5 = both(company())
    v5.records[name] = [v5.records[name][number] for number in order]
    assert document(v4, v5)["clean"]


def test_one_of_two_equal_records_that_is_lost_is_found():
    records = company()
    records["payments"].append({**records["payments"][0], "_id": 9})
    v4, v5 = both(records)
    v5.records["payments"].pop()
    assert len(open_ids(document(v4, v5))) == 1


def test_a_doubled_payment_is_three_differences_and_names_the_database_ids():
    v4, v5 = both(company())
    v5.records["invoices"][0].update(paid_to_date="2", balance="8.5")
    v5.records["clients"][0].update(balance="8")
    found = document(v4, v5)
    assert set(open_ids(found)) == {"invoices/0001/balance", "invoices/0001/paid_to_date", "clients/K1/balance"}
    balance = next(each for each in found["differences"] if each["id"] == "invoices/0001/balance")
    assert {"v4": "10.5", "v5": "8.5", "v4_id": 1, "v5_id": 1001}.items() <= balance.items()
    rows = {(row["entity"], row["what"]): row for row in found["counts"]}
    assert (rows["invoices", "sum balance"]["v4"], rows["invoices", "sum balance"]["v5"]) == ("31.5", "29.5")
    assert not rows["invoices", "sum balance"]["known"]


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"amount": "10.51", "balance": "10.51"}, True),  # computed anew: both move
        ({"amount": "10.52", "balance": "10.52"}, False),  # more than the tolerance
        ({"amount": "10.51"}, False),  # a cent that is nowhere
        ({"balance": "10.51"}, False),
        ({"paid_to_date": "0.01"}, False),
    ],
)
def test_a_cent_is_rounding_only_where_v5_computes(change, known):
    v4, v5 = both(company())
    v5.records["invoices"][0].update(change)
    v5.records["clients"][0].update(balance="10.01" if known else "10")
    found = document(v4, v5)
    assert found["clean"] is known
    assert {each["known"] for each in found["differences"]} == {known}
    if known:
        assert document(v4, v5, tolerance="0")["clean"] is False


def test_payments_have_no_tolerance():
    v4, v5 = both(company())
    v5.records["payments"][0].update(amount="5.01")
    assert len(open_ids(document(v4, v5))) == 1


def test_a_renumbered_client_and_one_that_had_no_number_are_known():
    v4, v5 = both(company())
    v5.records["clients"][0]["number"] = "K1_aB3xY"
    v4.records["clients"][1]["number"] = ""
    found = document(v4, v5)
    assert found["clean"]
    assert {each["reason"] for each in found["differences"]} == {compare.RENUMBERED, compare.NUMBERED}
    v5.records["clients"][0]["number"] = "K1_aB3x"
    assert open_ids(document(v4, v5)) == ["clients/K1/number"]


def test_a_changed_contact_key_does_not_make_the_clients_bills_differ():
    """A client is known by its contacts' keys; where they changed, it is found by its number or name."""
    v4, v5 = both(company())
    for rows in v5.records.values():
        for row in rows:
            for field in ("client", "identity"):
                if row.get(field) == "a" * 32:
                    row[field] = "c" * 32
    v5.records["contacts"][0]["contact_key"] = "another"
    found = document(v4, v5)
    assert open_ids(found) == ["contacts/c1@example.com/contact_key"]
    (told,) = found["differences"]
    assert (told["v4"], told["v5"]) == ("(hidden)", "(another one)")


def test_attachments_are_told_with_what_repair_needs():
    v4, v5 = both(company())
    v4.labels["documents", 1] = "17 75"
    v5.records["documents"] = []
    (told,) = document(v4, v5)["differences"]
    assert told["id"] == "documents/invoices/0001/scan.pdf"
    assert told["v4_document"] == {
        "public_id": "17",
        "name": "scan.pdf",
        "size": 75,
        "sha256": "0" * 64,
        "parent": "invoices",
        "number": "0001",
        "url": "https://v4.example.com/api/v1/documents/17",
    }


def test_slashes_in_names_are_encoded_in_ids():
    v4, v5 = both(company())
    v4.records["documents"][0].update(number="2026/7", name="50% & more.pdf")
    v5.records["documents"] = []
    assert open_ids(document(v4, v5)) == ["documents/invoices/2026%2F7/50%25 & more.pdf"]


def test_an_attachment_that_v4_lost_is_known_and_one_on_another_disk_is_compared_by_size():
    v4, v5 = both(company())
    v4.records["documents"][0]["content"] = ""
    v4.unreadable = [[1, "is missing on the host"]]
    v5.records["documents"] = []
    found = document(v4, v5)
    assert (found["clean"], found["differences"][0]["reason"]) == (True, compare.LOST_IN_V4)

    v4, v5 = both(company())
    v5.records["documents"][0]["content"] = ""
    v5.unreadable = [[1001, "is on the disk 's3', which is not on this host"]]
    v5.labels["documents", 1001] = "75"
    v4.labels["documents", 1] = "17 75"
    assert document(v4, v5)["clean"]
    v5.labels["documents", 1001] = "74"
    assert open_ids(document(v4, v5)) == ["documents/invoices/0001/scan.pdf/content"]
    v5.unreadable = [[1001, "cannot be read on the host"]]
    assert not document(v4, v5)["clean"]


def test_differences_can_be_accepted_by_id_and_by_glob():
    v4, v5 = both(company())
    v5.records["invoices"][0]["terms"] = "new"
    v5.records["quotes"][1]["footer"] = "new"
    assert open_ids(document(v4, v5, accept=["quotes/*"])) == ["invoices/0001/terms"]
    found = document(v4, v5, accept=["invoices/0001/terms", "*/footer"])
    assert found["clean"]
    assert {each["reason"] for each in found["differences"]} == {compare.ACCEPTED}


def test_a_side_that_changes_meanwhile_is_never_clean():
    v4, v5 = both(company())
    ours, theirs = v4.digests(), v5.digests()
    v4.marks["invoices"] = "2"
    found = compare.document("client1", ours, theirs, v4.given({}), v5.given({}))
    assert (found["clean"], found["changed"]) == (False, {"v4": ["invoices"], "v5": []})
    assert "V4 changed while it was compared" in "\n".join(text.table(found))


def test_more_differences_than_are_looked_at_are_told():
    records = company()
    records["expenses"] = [blank("expenses", _id=n, date=f"2026-01-{n % 28:02}", amount=str(n)) for n in range(6000)]
    v4, v5 = both(records)
    for row in v5.records["expenses"]:
        row["public_notes"] = "changed"
    found = document(v4, v5)
    assert not found["clean"]
    assert any("more groups of records differ" in (each["v4"] or "") for each in found["differences"])
    assert sum(each["field"] == "public_notes" for each in found["differences"]) <= compare.RECORDS + 500


def test_a_sum_that_differs_without_a_record_is_told():
    v4, v5 = both(company())
    ours, theirs = v4.digests(), v5.digests()
    theirs["entities"]["invoices"]["groups"]["USD/2"]["sums"]["balance"] = [99, 0]
    found = compare.document("client1", ours, theirs, v4.given({}), v5.given({}))
    assert open_ids(found) == ["invoices/all USD%2F2/sum balance"]


def test_what_v4_keeps_to_itself_is_known_with_its_reason():
    v4, v5 = both(company())
    v4.notes["credits_cut"] = [{"key": "CR1", "id": 1, "v4": "75.00", "v5": "25.00", "label": "Acme"}]
    v4.notes["voided"] = [{"n": 2, "amount": "7.00"}]
    v4.notes["invoice_states"] = [{"v4": "Viewed", "v5": "2", "n": 4}, {"v4": "Sent", "v5": "2", "n": 9}]
    found = document(v4, v5)
    assert found["clean"]
    (told,) = found["differences"]
    assert {"id": "credits/CR1/amount", "v4": "75", "v5": "25", "reason": notes.CREDIT_CUT}.items() <= told.items()
    counted = [(row["entity"], row["group"], row["v4"], row["v5"]) for row in found["counts"] if row["reason"]]
    assert counted == [("payments", "voided", "2", "0"), ("invoices", "Viewed is Sent", "4", "4")]


@pytest.mark.parametrize(
    ("v4_logo", "v5_logo", "told"),
    [
        ({"there": False}, {"there": False}, None),
        ({"there": True, "bytes": "9 bytes"}, {"there": False}, False),
        ({"there": True, "bytes": "9 bytes"}, {"there": True, "bytes": "9 bytes"}, None),
        (
            {"there": True, "bytes": "9 bytes", "size": "4 x 4", "rough": [10, 200]},
            {"there": True, "bytes": "8 bytes", "size": "4 x 4", "rough": [12, 198]},
            True,
        ),
        (
            {"there": True, "bytes": "9 bytes", "size": "4 x 4", "rough": [10, 200]},
            {"there": True, "bytes": "8 bytes", "size": "4 x 4", "rough": [90, 198]},
            False,
        ),
        ({"there": True, "problem": "is missing on the host"}, {"there": False}, True),
    ],
)
def test_the_logo(v4_logo, v5_logo, told):
    v4, v5 = both(company())
    v4.logo, v5.logo = v4_logo, v5_logo
    found = document(v4, v5)["differences"]
    assert [each["known"] for each in found] == ([] if told is None else [told])


def test_the_worst_stands_first():
    v4, v5 = both(company())
    v5.records["tasks"][0]["description"] = "Draw"
    v5.records["invoices"][1]["balance"] = "9"
    v5.records["invoices"][2]["balance"] = "1000"
    v4.notes["credits_cut"] = [{"key": "CR1", "id": 1, "v4": "75", "v5": "25", "label": ""}]
    ids = [each["id"] for each in document(v4, v5)["differences"]]
    assert ids == ["invoices/0003/balance", "invoices/0002/balance", "tasks/Paint/description", "credits/CR1/amount"]


def test_ids_are_unique_and_stable():
    records = company()
    records["payments"].append({**records["payments"][0], "_id": 9})
    v4, v5 = both(records)
    for row in v5.records["payments"]:
        row["private_notes"] = "changed"
    first = [each["id"] for each in document(v4, v5)["differences"]]
    assert len(set(first)) == len(first) == 4
    assert first == [each["id"] for each in document(v4, v5)["differences"]]
    assert "payments/0001 2026-02-01 5~2/private_notes" in first


def test_the_table_fits_80_columns_and_a_terminal():
    v4, v5 = both(company())
    v5.records["clients"][0]["name"] = "\x1b[31mred\x1b[0m " + "long " * 40
    v5.records["documents"] = []
    lines = text.table(document(v4, v5))
    assert max(map(len, lines)) <= text.WIDTH
    assert "\x1b" not in "\n".join(lines)
    assert any("documents/invoices/0001/scan.pdf" in line for line in lines)


def test_the_page_is_one_file_with_both_values_and_nothing_that_runs():
    v4, v5 = both(company())
    v5.records["invoices"][0].update(balance="-0.9", terms="<script>alert(1)</script>")
    v5.records["documents"] = []
    made = page.html(document(v4, v5))
    assert "Invoice 0001" in made and "10.50" in made and "-0.90" in made
    assert "Attachment scan.pdf" in made and "not there" in made
    assert "<script" not in made and "&lt;script&gt;" in made
    assert "http" not in made.replace("http-equiv", "")
    assert "default-src" in made and "width=device-width" in made
    assert "Everything came over" in page.html(document(*both(company())))


def test_every_difference_can_be_said_in_words():
    """Whatever differs, the page and the table have a sentence for it."""
    for name, number, field in places():
        v4, v5 = both(company())
        row = v5.records[name][number]
        row[field] = [] if isinstance(row[field], list) else "7"
        found = document(v4, v5)
        assert page.html(found)
        assert text.table(found)
        json.dumps(found)


def test_both_sides_of_every_entity_have_the_same_fields_in_the_same_order():
    """The order counts: a digest is one of the fields in their order."""
    for entity in ENTITIES:
        v4, v5 = (list(entity["sides"][side]["fields"]) for side in ("v4", "v5"))
        assert v4 == v5, entity["name"]
        for names in (
            entity["bucket"],
            entity["group"],
            entity["sums"],
            *entity["match"],
            entity.get("numberless", []),
        ):
            assert set(names) <= set(v4), entity["name"]


def test_gateway_keys_are_upstreams():
    """32 hexadecimal digits each, none twice but where upstream has it so."""
    assert len(GATEWAY_KEYS) == 55
    assert all(len(key) == 32 and int(key, 16) for key in GATEWAY_KEYS)
    assert len(set(GATEWAY_KEYS)) == 55


def test_secrets_and_keys_are_digests_on_their_hosts():
    """What opens a portal, charges a card or fetches a payment leaves no host as it is."""
    kinds = {
        (entity["name"], field): spec[0]
        for entity in ENTITIES
        for field, spec in entity["sides"]["v5"]["fields"].items()
    }
    secret = {place for place, kind in kinds.items() if kind in "sx"}
    assert secret == {
        ("contacts", "contact_key"),
        ("gateways", "config"),
        ("gateway_tokens", "token"),
        ("gateway_tokens", "customer"),
        *((name, field) for name in FREE if name.endswith("invitations") for field in ("key", "contact")),
    }
    assert {field for _, field in secret} <= set(compare.SECRETS)


def test_pairs_are_found_by_the_narrowest_way():
    entity = BY_NAME["payments"]
    ours = [
        blank("payments", _id=n, client="x", invoice=i, amount=a) for n, i, a in ((1, "0001", "5"), (2, "0001", "6"))
    ]
    theirs = copy.deepcopy(ours)[::-1]
    theirs[0]["private_notes"] = theirs[1]["private_notes"] = "changed"
    pairs, left, right = compare.pair(ours, theirs, entity)
    assert [(one["_id"], other["_id"]) for one, other in pairs] == [(1, 1), (2, 2)]
    assert (left, right) == ([], [])


def test_only_differing_groups_travel():
    v4, v5 = both(company())
    v5.records["invoices"][0]["terms"] = "new"
    wanted = compare.differing(v4.digests(), v5.digests())
    assert list(wanted) == ["invoices"]
    assert wanted["invoices"] == [int(Side.bucket(BY_NAME["invoices"], v4.records["invoices"][0]))]


@pytest.mark.parametrize(("v5_has", "known"), [("b.pdf", True), ("a-b.pdf", True), ("other.pdf", False)])
def test_the_name_that_v5_gives_a_file_is_known(v5_has, known):
    v4, v5 = both(company())
    v4.records["documents"][0]["name"], v5.records["documents"][0]["name"] = "a/b.pdf", v5_has
    [told] = [each for each in document(v4, v5)["differences"] if each["entity"] == "documents"]
    assert (told["field"], told["known"]) == ("name", known)
