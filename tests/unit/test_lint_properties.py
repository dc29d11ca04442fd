"""Properties of the prediction over exports that nobody thought of: it never breaks, and it agrees with itself."""

from __future__ import annotations

import contextlib
import json
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lint_exports import BASE, changed, fails, packed, predicted, warns

from migration.lint import fast, lint
from migration.resources import RESOURCES

LISTS = [name for name in RESOURCES if isinstance(BASE["data"].get(name), list) and BASE["data"][name]]
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# References that the importer cannot do without: (resource, field, what it points to).
REFERENCES = [
    *((name, "user_id", "users") for name in LISTS if name not in ("users", "payment_terms", "documents")),
    *((name, "client_id", "clients") for name in ("credits", "invoices", "quotes", "payments", "recurring_invoices")),
    *((name, "client_id", "clients") for name in ("projects", "expenses", "recurring_expenses", "tasks")),
    ("client_gateway_tokens", "client_id", "clients"),
    ("client_gateway_tokens", "company_gateway_id", "company_gateways"),
    ("invoices", "recurring_id", "recurring_invoices"),
    ("expenses", "category_id", "expense_categories"),
    ("expenses", "vendor_id", "vendors"),
    ("expenses", "project_id", "projects"),
    ("expenses", "invoice_id", "invoices"),
    ("recurring_expenses", "vendor_id", "vendors"),
    ("recurring_expenses", "category_id", "expense_categories"),
    ("tasks", "invoice_id", "invoices"),
    ("tasks", "project_id", "projects"),
    ("tasks", "status_id", "task_statuses"),
    ("documents", "expense_id", "expenses"),
]
NO_USER = ("client_gateway_tokens",)  # it has no user of its own

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value, path=()):
    """Every place in a document."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*path, key))


PATHS = [path for path in paths(BASE) if path]


def well_formed(prediction: dict) -> None:
    """The document keeps its promises."""
    assert set(prediction) == {"schema", "verdict", "fails_at", "message", "problems"}
    failing = fails(prediction)
    assert prediction["verdict"] == ("fails" if failing else "completes")
    assert bool(prediction["message"]) == bool(failing)
    assert prediction["fails_at"] is None or prediction["fails_at"] in RESOURCES
    for problem in prediction["problems"]:
        assert set(problem) == {"id", "severity", "resource", "v4_id", "detail", "remedy"}
        assert problem["detail"] and "\n" not in problem["detail"]
    json.dumps(prediction)


@SETTINGS
@given(st.data())
def test_whatever_is_changed_the_prediction_is_whole(data):
    places = data.draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=4))
    export = BASE
    for place in places:
        change = [list(place)] if data.draw(st.booleans()) else [list(place), data.draw(json_values)]
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took it away
            export = changed(export, [change])
    well_formed(predicted(export))


@SETTINGS
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | json_values.map(lambda v: json.dumps(v).encode())
)
def test_whatever_is_in_a_file_the_prediction_is_whole(content):
    for name in ("export.zip", "migration.json", ""):
        well_formed(lint(packed(("migration.json", content)), name))
        well_formed(predicted(content))


@SETTINGS
@given(st.sampled_from(PATHS), json_values)
def test_records_that_pass_quickly_are_those_in_which_the_rules_find_nothing(path, value):
    export = changed(BASE, [[list(path), value]])
    twice = {"data": {**export["data"]}} if isinstance(export.get("data"), dict) else export
    with mock.patch.object(fast.Fast, "passes", lambda *_: False):
        slowly = predicted(twice)
    assert predicted(twice) == slowly


@SETTINGS
@given(st.sampled_from([path for path in PATHS if path[0] == "data" and len(path) > 2]), st.booleans())
def test_what_is_nested_deeper_than_php_reads_is_refused_wherever_it_is(path, listed):
    """Two records of each resource, so that those which pass quickly are among them."""
    deep = json.loads("[" * 520 + "]" * 520 if listed else '{"line":' * 520 + "1" + "}" * 520)
    holder = BASE
    for key in path[:-1]:
        holder = holder[key]
    for change in ([list(path), deep], [[*path[:-1], "more"], deep]):
        if isinstance(change[0][-1], str) and isinstance(holder, list):
            continue
        prediction = predicted(changed(BASE, [change]))
        assert [each["id"] for each in fails(prediction)] == ["export-too-deep"]


@SETTINGS
@given(st.permutations(list(BASE["data"])), st.sampled_from(PATHS), json_values)
def test_the_order_of_the_parts_does_not_matter(order, path, value):
    export = changed(BASE, [[list(path), value]])
    if not isinstance(export.get("data"), dict):
        return
    mixed = {"data": {name: export["data"][name] for name in order if name in export["data"]}}
    one, other = predicted(export), predicted(mixed)
    assert (one["verdict"], one["fails_at"], one["message"]) == (other["verdict"], other["fails_at"], other["message"])
    assert sorted(map(json.dumps, one["problems"])) == sorted(map(json.dumps, other["problems"]))


@pytest.mark.parametrize(
    "resource, field, target", [each for each in REFERENCES if each[0] not in NO_USER or each[1] != "user_id"]
)
def test_a_reference_to_nothing_ends_the_import_at_its_resource(resource, field, target):
    for index in range(len(BASE["data"][resource])):
        export = changed(BASE, [[["data", resource, index, field], 99999]])
        if resource == "documents":
            export["data"]["documents"][index]["invoice_id"] = None
        prediction = predicted(export)
        assert (prediction["fails_at"], prediction["message"]) == (resource, f"Missing resource key: {target}_99999")
        (problem,) = fails(prediction)
        assert (problem["id"], problem["v4_id"]) == ("reference-missing", export["data"][resource][index].get("id"))
        assert problem["remedy"]


@SETTINGS
@given(
    st.sampled_from(LISTS),
    st.integers(0, 1),
    st.sampled_from(["name", "private_notes", "description", "po_number"]),
    st.text(max_size=80),
)
def test_another_text_is_harmless(resource, index, field, text):
    record = BASE["data"][resource][index % len(BASE["data"][resource])]
    if not isinstance(record.get(field), str) or not text.strip():
        return
    text = text.encode("utf-8", "ignore").decode()
    export = changed(BASE, [[["data", resource, index % len(BASE["data"][resource]), field], text]])
    assert predicted(export)["verdict"] == "completes" or not text.strip()


def test_every_failure_is_listed_and_the_first_in_the_import_decides():
    export = changed(
        BASE,
        [
            [["data", "tasks", 0, "client_id"], 99999],
            [["data", "invoices", 1, "client_id"], None],
            [["data", "tax_rates", 0, "rate"], "abc"],
            [["data", "expenses", 1, "amount"], None],
        ],
    )
    prediction = predicted(export)
    assert prediction["fails_at"] == "tax_rates"
    assert [each["resource"] for each in fails(prediction)] == ["tax_rates", "invoices", "expenses", "tasks"]


def document(id, **owner):
    return {**BASE["data"]["documents"][0], "id": id, "invoice_id": None, "expense_id": None, **owner}


@pytest.mark.parametrize("missing", ["invoices", "expenses"])
def test_attachments_end_where_nothing_came_over_that_one_could_hang_on(missing):
    """V5 leaves the loop over all of them there, not only this one (Import::processDocuments)."""
    documents = [document(1, expense_id=1), document(2, **{f"{missing[:-1]}_id": 1}), document(3, expense_id=1)]
    export = changed(BASE, [[["data", missing], []], [["data", "documents"], documents]])
    if missing == "invoices":
        export = changed(export, [[["data", each], []] for each in ("payments", "tasks")])
    prediction = predicted(export)
    assert prediction["verdict"] == "completes"
    expected = [2, 3] if missing == "invoices" else [1, 2, 3]
    assert [each["v4_id"] for each in warns(prediction, "document-lost")] == expected


def test_a_recurring_invoice_without_any_clients_says_so_as_an_invoice_does():
    empty = ("clients", "client_gateway_tokens", "projects", "credits")
    prediction = predicted(changed(BASE, [[["data", each], []] for each in empty]))
    assert prediction["fails_at"] == "recurring_invoices"
    assert prediction["message"] == "Processing invoices failed, because of missing dependency - clients."


def test_a_payment_of_nothing_pays_the_first_invoice_once():
    nothing = [[["data", "payments", 0, "amount"], "0.00"], [["data", "payments", 0, "invoices", 0, "amount"], "0.00"]]
    assert warns(predicted(BASE), "paid-twice")
    assert not warns(predicted(changed(BASE, nothing)), "paid-twice")


def test_a_payment_without_amount_needs_an_invoice_that_came_over():
    nothing = [["data", "payments", 0, "amount"], None]
    assert warns(predicted(changed(BASE, [nothing])), "value-changed")
    lost = [["data", "payments", 0, "invoices", 0, "invoice_id"], 999]
    prediction = predicted(changed(BASE, [nothing, lost]))
    assert prediction["fails_at"] == "payments"
    assert "Column 'amount' cannot be null" in prediction["message"]
