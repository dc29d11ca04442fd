"""V5's importer, resource by resource: what it does with a record, in its order, as far as that can fail or lose
something.

Read from app/Jobs/Util/Import.php of 5.10.17 and what it calls; the numbers are the lines of its calls, which PHP's
errors name. A rule takes a ``Record`` and notes what it finds. Here are the small ones; the others are in
rules_people.py, rules_billing.py and rules_payments.py.
"""

from __future__ import annotations

from . import php, rules_billing, rules_payments, rules_people
from .record import Record, shown, without
from .rules_people import unreachable

KEEP_V4 = ("text", "keep V4 until the attachments are in V5: `./cli.py repair CLIENT documents --execute`")


def project(record: Record) -> None:
    record.user(1820)
    record.optional("clients", "client_id", 1823, ("null", "client_id"))
    record.parsed("created_at", "updated_at")
    record.insert("projects", without(record.data, "id", "company_id", "user_id", "client_id"))
    record.remember()
    record.deleted()


def product(record: Record) -> None:
    record.user(916)
    record.parsed("created_at", "updated_at")
    record.insert("products", without(record.data, "id", "company_id", "user_id"))
    record.deleted()


def expense_category(record: Record) -> None:
    record.user(1733)
    record.parsed("created_at", "updated_at")
    values = without(record.data, "id", "company_id", "user_id", "is_deleted")
    record.insert("expense_categories", values)
    record.remember()
    record.deleted()


def task_status(record: Record) -> None:
    record.user(1704)
    record.parsed("created_at", "updated_at")
    record.insert("task_statuses", without(record.data, "id", "company_id", "user_id"))
    record.remember()
    record.deleted()


def expense(record: Record) -> None:
    record.user(1924)
    references = (
        ("clients", "client_id", 1927),
        ("expense_categories", "category_id", 1931),
        ("invoices", "invoice_id", 1935),
        ("projects", "project_id", 1939),
        ("vendors", "vendor_id", 1943),
    )
    for target, field, line in references:
        record.optional(target, field, line, ("null", field))
    record.parsed("created_at", "updated_at")
    names = (
        "id",
        "company_id",
        "user_id",
        "tax_amount1",
        "tax_amount2",
        "tax_amount3",
        *(each[1] for each in references),
    )
    record.insert("expenses", without(record.data, *names))
    record.remember()
    record.deleted()


def recurring_expense(record: Record) -> None:
    record.user(964)
    references = (
        ("clients", "client_id", 967),
        ("expense_categories", "category_id", 971),
        ("vendors", "vendor_id", 975),
    )
    for target, field, line in references:
        record.optional(target, field, line, ("null", field))
    record.parsed("created_at", "updated_at")
    record.insert(
        "recurring_expenses", without(record.data, "id", "company_id", "user_id", *(each[1] for each in references))
    )
    record.remember()
    record.deleted()


def task(record: Record) -> None:
    record.user(1764)
    references = (
        ("clients", "client_id", 1767),
        ("invoices", "invoice_id", 1771),
        ("projects", "project_id", 1775),
        ("task_statuses", "status_id", 1779),
    )
    for target, field, line in references:
        record.optional(target, field, line, ("null", field))
    record.parsed("created_at", "updated_at")
    record.insert("tasks", without(record.data, "id", "company_id", "user_id", *(each[1] for each in references)))
    record.has("id")
    record.deleted()


def document(record: Record) -> None:
    data, importer = record.data, record.importer
    invoice_id, expense_id = data.get("invoice_id"), data.get("expense_id")
    wanted = [name for name, id in (("invoices", invoice_id), ("expenses", expense_id)) if not php.is_empty(id)]
    if not wanted:
        record.warn(
            "document-unattached",
            f"The {record.name} hangs on no invoice and no expense, and does not arrive",
            ("text", "download it from V4, and upload it in V5 where it belongs"),
        )
        return
    if "invoices" in wanted:
        record.warn(
            "document-lost",
            f"The {record.name} of invoice or quote {shown(invoice_id)} does not arrive: V5 drops the"
            f" attachments of both",
            KEEP_V4,
        )
    if wanted == ["invoices"]:
        if importer.invoices_have_documents:
            return  # it waits for nothing that the first one does not wait for
        importer.invoices_have_documents = True

    def check() -> None:
        importer.no_more_documents |= any(not importer.ids[name] for name in wanted)
        if "expenses" not in wanted:
            return
        if importer.no_more_documents:
            record.warn(
                "document-lost",
                f"The {record.name} of expense {shown(expense_id)} does not arrive: V5 reads no further attachment"
                " after one of an invoice or quote where no invoice came over, or of an expense where no expense did",
                KEEP_V4,
            )
        else:
            _attached(record)

    importer.when_read("invoices", lambda: importer.when_read("expenses", check))


def _attached(record: Record) -> None:
    """V5 fetches the file of an expense."""
    data = record.data
    record._reference(
        "expenses", data["expense_id"], 1527, "transformId", ("null", "expense_id"), "expense_id", record.next_step()
    )
    for field in ("url", "name"):
        record.has(field)
    if isinstance(data.get("name"), (list, dict)):
        record.fail(
            "value-nested", f"The {record.name} has {shown(data['name'])} as its name", php.ARRAY_TO_STRING, ("export",)
        )
    if unreachable(data.get("url")):
        record.warn(
            "document-unreachable",
            f"V5 cannot fetch the {record.name} from {shown(data.get('url'))}",
            ("text", "set APP_URL in V4's .env to the address under which V5 reaches V4"),
        )


def activity(record: Record) -> None:
    record.user(1855)  # whatever else is wrong with one, V5 goes on to the next


RULES = {
    "users": rules_people.user,
    "payment_terms": rules_people.payment_term,
    "tax_rates": rules_people.tax_rate,
    "clients": rules_people.client,
    "company_gateways": rules_people.company_gateway,
    "client_gateway_tokens": rules_people.client_gateway_token,
    "vendors": rules_people.vendor,
    "projects": project,
    "products": product,
    "credits": rules_billing.credit,
    "recurring_invoices": rules_billing.recurring_invoice,
    "invoices": rules_billing.invoice,
    "quotes": rules_billing.quote,
    "payments": rules_payments.payment,
    "expense_categories": expense_category,
    "task_statuses": task_status,
    "expenses": expense,
    "recurring_expenses": recurring_expense,
    "tasks": task,
    "documents": document,
    "activities": activity,
}
