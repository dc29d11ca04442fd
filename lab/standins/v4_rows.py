"""The rows of V4's tables that give an export: the reverse of V4's app/Traits/GenerateMigrationResources.php."""

from __future__ import annotations

import json
from typing import Any, Iterator
from urllib.parse import urlsplit

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]
HOUR = "12:00:00"  # the export keeps days only
PAYMENT_TYPES = {32: 1, 1: 2, 2: 3, 42: 4, 15: 16} | {v: v + 1 for v in [*range(4, 14), *range(16, 23), *range(27, 32)]}
DESIGNS = {1: 4, 2: 1, 3: 2, 4: 3}


def rows(data: Row) -> Rows:
    """Yield (table, row) for everything in the export, in an order that a reader understands."""
    account = data["company"]["account_id"]
    yield "companies", company(data, account)
    yield "accounts", account_row(data, account)
    yield "account_email_settings", email_settings(data, account)
    for index, user in enumerate(data["users"]):
        yield "users", user_row(user, account, public_id=index)
    owner = data["users"][0]["id"]
    yield "account_tokens", token(data, account, owner)
    for number, rate in enumerate(data["tax_rates"], 1):
        yield "tax_rates", {"id": number, "public_id": number, **base(rate, account), **pick(rate, "name rate user_id")}
    for number, term in enumerate(data["payment_terms"], 1):
        days = term["num_days"] or -1
        name = f"Net {max(days, 0)}"
        yield (
            "payment_terms",
            {"id": number, "num_days": days, "name": name, "user_id": 0, "account_id": 0, "public_id": number}
            | timestamps(term),
        )
    for client in data["clients"]:
        yield from client_rows(client, account, own_currency(data))
    for vendor in data["vendors"]:
        yield from vendor_rows(vendor, account, own_currency(data))
    for number, product in enumerate(data["products"], 1):
        yield (
            "products",
            {"id": number, "public_id": number, "qty": product["quantity"]}
            | base(product, account)
            | pick(
                product,
                "user_id product_key notes cost custom_value1 custom_value2 tax_name1 tax_name2 tax_rate1 tax_rate2",
            ),
        )
    yield from documents_that_bill(data, account)
    yield from other_rows(data, account)


def other_rows(data: Row, account: int) -> Rows:
    """Yield projects, tasks, expenses, categories, statuses and documents."""
    for project in data["projects"]:
        yield (
            "projects",
            entity(project, account)
            | pick(
                project,
                "client_id name is_deleted due_date private_notes budgeted_hours task_rate custom_value1 custom_value2",
            ),
        )
    for status in data["task_statuses"]:
        yield "task_statuses", entity(status, account) | {"name": status["name"], "sort_order": status["status_order"]}
    for task in data["tasks"]:
        yield (
            "tasks",
            entity(task, account)
            | pick(task, "client_id invoice_id description is_running project_id time_log is_deleted custom_value1")
            | pick(task, "custom_value2 task_status_id=status_id task_status_sort_order=status_order"),
        )
    for category in data["expense_categories"]:
        yield "expense_categories", entity(category, account) | pick(category, "name is_deleted")
    for expense in data["expenses"]:
        yield "expenses", expense_row(expense, account)
    for document in data["documents"]:
        public_id = int(urlsplit(document["url"]).path.rsplit("/", 1)[-1])
        columns = "invoice_id expense_id path preview name type disk hash size width height"
        yield (
            "documents",
            {**entity(document, account), "public_id": public_id, **pick(document, columns)} | {"is_default": 0},
        )


def documents_that_bill(data: Row, account: int) -> Rows:
    """Yield invoices, quotes, recurring invoices with their lines and invitations; credits and payments."""
    for kind, key in (
        ("invoices", "invoice_id"),
        ("quotes", "quote_id"),
        ("recurring_invoices", "recurring_invoice_id"),
    ):
        for document in data[kind]:
            yield "invoices", invoice_row(document, account, kind)
            for item in document["line_items"]:
                yield "invoice_items", item_row(item, document, account)
            for invitation in document["invitations"]:
                yield (
                    "invitations",
                    entity(invitation, account)
                    | pick(invitation, f"contact_id=client_contact_id invoice_id={key} invitation_key=key")
                    | pick(invitation, "transaction_reference message_id signature_base64 signature_date sent_date")
                    | pick(invitation, "viewed_date opened_date")
                    | {"email_error": invitation["email_error"] or None},
                )
    for credit in data["credits"]:
        yield (
            "credits",
            entity(credit, account)
            | pick(credit, "client_id is_deleted public_notes private_notes credit_number=number")
            | {"amount": -credit["amount"], "balance": -credit["balance"], "credit_date": credit["date"]},
        )
    for payment in data["payments"]:
        yield "payments", payment_row(payment, account)


def pick(record: Row, columns: str) -> Row:
    """Return the words of `columns` from an exported record; a word is COLUMN or COLUMN=KEY."""
    row = {}
    for word in columns.split():
        column, _, key = word.partition("=")
        row[column] = record[key or column]
    return row


def timestamps(record: Row) -> Row:
    """Return the timestamps of an exported record, which has days only."""
    moments = {}
    for name in ("created_at", "updated_at", "deleted_at"):
        if name in record:
            moments[name] = record[name] and f"{record[name]} {HOUR}"
    return moments


def base(record: Row, account: int) -> Row:
    """Return the account and the timestamps."""
    return {"account_id": account, **timestamps(record)}


def entity(record: Row, account: int) -> Row:
    """Return what every entity has; its public id is its id."""
    return {"id": record["id"], "user_id": record["user_id"], "public_id": record["id"], **base(record, account)}


def own_currency(data: Row) -> str:
    """Return the account's currency, which the export gives every client that has none."""
    return data["company"]["settings"]["currency_id"]


def company(data: Row, account: int) -> Row:
    """Return the plan of the account."""
    plan = {key: value for key, value in data["account"].items() if key != "token"}
    return {"id": account, "discount": 0, **timestamps(data["company"]), **plan}


def token(data: Row, account: int, owner: int) -> Row:
    """Return the API token that V5 uses to fetch documents."""
    made = {"id": 1, "account_id": account, "user_id": owner, "public_id": 1, "name": "Migration Token"}
    return {**made, "token": data["account"]["token"], **timestamps(data["company"])}


def account_row(data: Row, account: int) -> Row:
    """Return the account: its own columns, and its settings where they are no default of V4's exporter."""
    company, settings = data["company"], data["company"]["settings"]
    month = company["first_month_of_year"]
    messages = {
        name: settings[f"custom_message_{name}"]
        for name in ("dashboard", "unpaid_invoice", "paid_invoice", "unapproved_quote")
        if settings[f"custom_message_{name}"]
    }
    zone, country = settings["timezone_id"], settings["country_id"]
    row = {"id": account, "company_id": account, **timestamps(company)}
    row |= pick(company, "start_of_week=first_day_of_week industry_id ip account_key=company_key convert_products")
    row |= pick(company, "fill_products update_products show_product_notes=show_product_details subdomain size_id")
    row |= pick(company, "custom_invoice_taxes1=custom_surcharge_taxes1 custom_invoice_taxes2=custom_surcharge_taxes2")
    row |= pick(company, "enabled_modules=enable_modules")
    row |= {
        "analytics_key": company["google_analytics_key"] or None,
        "financial_year_start": f"2000-{month:02d}-01" if month else None,
        "custom_fields": json.dumps(company["custom_fields"]) if company["custom_fields"] else None,
        "custom_messages": json.dumps(messages) if messages else None,
        "timezone_id": int(zone) + (1 if isinstance(zone, str) else 0),
        "name": None if settings["name"] == "Untitled" else settings["name"],
        "country_id": None if any(not client["country_id"] for client in data["clients"]) else int(country),
        "invoice_item_taxes": int(settings["enabled_item_tax_rates"] == 2),
        "auto_bill_on_due_date": settings["auto_bill_date"] == "on_due_date",
        "payment_terms": int(settings["payment_terms"]) if settings["payment_terms"] else None,
        "logo": settings["company_logo"].rsplit("/", 1)[-1] or None,
        "payment_type_id": PAYMENT_TYPES.get(int(settings["payment_type_id"]))
        if settings["payment_type_id"] != "1"
        else None,
        "reset_counter_frequency_id": int(settings["reset_counter_frequency_id"]) - 1
        if settings["reset_counter_frequency_id"] != "0"
        else None,
        "reset_counter_date": settings["reset_counter_date"] or None,
        "email_design_id": {"plain": 1, "light": 2, "dark": 3}[settings["email_style"]],
    }
    row |= pick(
        settings,
        "date_format_id currency_id address1 address2 city state postal_code invoice_terms invoice_design_id "
        "work_phone=phone work_email=email language_id custom_value1 custom_value2 hide_paid_to_date vat_number "
        "id_number invoice_footer pdf_email_attachment font_size invoice_labels military_time invoice_number_counter "
        "invoice_number_pattern quote_number_pattern quote_terms website auto_convert_quote all_pages_footer "
        "all_pages_header show_currency_code enable_portal_password=enable_client_portal_password send_portal_password "
        "recurring_invoice_number_prefix=recurring_number_prefix enable_client_portal invoice_fields page_size "
        "invoice_embed_documents=embed_documents document_email_attachment enable_client_portal_dashboard "
        "show_accept_invoice_terms show_accept_quote_terms require_invoice_signature require_quote_signature "
        "client_number_counter client_number_pattern tax_name1 tax_rate1 tax_name2 tax_rate2 quote_design_id "
        "credit_number_counter credit_number_pattern task_rate=default_task_rate inclusive_taxes signature_on_pdf "
        "ubl_email_attachment auto_archive_invoice auto_archive_quote auto_email_invoice email_footer=email_signature "
        "invoice_number_padding=counter_padding enable_reminder1 enable_reminder2 enable_reminder3 "
        "enable_reminder4=enable_reminder_endless num_days_reminder1 num_days_reminder2 num_days_reminder3",
    )
    for number in (1, 2, 3):
        direction, field = settings[f"schedule_reminder{number}"].split("_", 1)
        row[f"direction_reminder{number}"] = 1 if direction == "after" else 2
        row[f"field_reminder{number}"] = 1 if field == "due_date" else 2
    return row


def email_settings(data: Row, account: int) -> Row:
    """Return the account's e-mail settings."""
    settings = data["company"]["settings"]
    row = {"id": 1, "account_id": account, **timestamps({k: data["company"][k] for k in ("created_at", "updated_at")})}
    row |= pick(
        settings,
        "reply_to_email bcc_email email_subject_invoice email_subject_quote email_subject_payment "
        "email_template_invoice email_template_quote email_template_payment email_subject_reminder1 "
        "email_subject_reminder2 email_subject_reminder3 email_subject_reminder4=email_subject_reminder_endless "
        "email_template_reminder1 email_template_reminder2 email_template_reminder3 "
        "email_template_reminder4=email_template_reminder_endless",
    )
    for number in (1, 2, 3):
        row[f"late_fee{number}_amount"] = settings[f"late_fee_amount{number}"] or None
        row[f"late_fee{number}_percent"] = settings[f"late_fee_percent{number}"] or None
    return row


def user_row(user: Row, account: int, public_id: int) -> Row:
    """Return a user; the first is the account's owner, who has no public id in V4."""
    row = {"id": user["id"], "public_id": public_id or None, **base(user, account), "username": user["email"]}
    row |= pick(user, "email first_name last_name phone password confirmation_code failed_logins referral_code")
    row |= pick(user, "accepted_terms_version remember_token")
    return row | {"registered": 1, "confirmed": 1, "permissions": ""}


def client_rows(client: Row, account: int, currency: str) -> Rows:
    """Yield a client and its contacts."""
    settings = client["settings"]
    yield (
        "clients",
        entity(client, account)
        | pick(client, "name address1 address2 city state postal_code work_phone=phone website")
        | pick(client, "private_notes industry_id size_id is_deleted vat_number id_number=number custom_value1")
        | pick(client, "custom_value2 shipping_address1 shipping_address2 shipping_city shipping_state")
        | pick(client, "shipping_postal_code shipping_country_id")
        | {
            "balance": client["balance"] or None,  # "0.00" is a value, 0 stands for none
            "paid_to_date": client["paid_to_date"] or None,
            "country_id": client["country_id"] or None,
            "currency_id": None if settings["currency_id"] == currency else settings["currency_id"],
            "language_id": settings.get("language_id"),
            "task_rate": settings.get("default_task_rate", 0),
        },
    )
    for contact in client["contacts"]:
        yield (
            "contacts",
            entity(contact, account)
            | pick(contact, "client_id first_name last_name phone email is_primary send_invoice=send_email last_login")
            | pick(contact, "password remember_token contact_key custom_value1 custom_value2")
            | {"created_at": contact["email_verified_at"]},
        )


def vendor_rows(vendor: Row, account: int, currency: str) -> Rows:
    """Yield a vendor and its contacts."""
    yield (
        "vendors",
        entity(vendor, account)
        | pick(vendor, "name address1 address2 city state postal_code country_id work_phone=phone private_notes")
        | pick(vendor, "website is_deleted vat_number id_number=number custom_value1 custom_value2")
        | {"currency_id": None if vendor["currency_id"] == currency else vendor["currency_id"]},
    )
    for contact in vendor["contacts"]:
        yield (
            "vendor_contacts",
            entity(contact, account)
            | pick(contact, "vendor_id first_name last_name phone email is_primary")
            | {"created_at": contact["email_verified_at"]},
        )


def invoice_row(document: Row, account: int, kind: str) -> Row:
    """Return an invoice, a quote or a recurring invoice: V4 keeps all three in one table."""
    status = document["status_id"]
    row = entity(document, account) | pick(document, "client_id discount po_number invoice_date=date last_sent_date")
    row |= pick(
        document, "due_date is_deleted invoice_footer=footer public_notes private_notes terms tax_name1 tax_name2"
    )
    row |= pick(document, "tax_rate1 tax_rate2 amount balance partial_due_date")
    row |= {
        "invoice_type_id": 2 if kind == "quotes" else 1,
        "invoice_design_id": DESIGNS.get(document["design_id"], document["design_id"]),
        "is_amount_discount": document["is_amount_discount"] or None,
        "partial": document["partial"] if isinstance(document["partial"], str) else None,
        "is_public": status != 1,
        "is_recurring": kind == "recurring_invoices",
        "frequency_id": 0,
    }
    if kind == "recurring_invoices":
        return row | recurring_columns(document)
    states = {"invoices": {3: 5, 4: 6}, "quotes": {3: 4, 4: 4}}[kind]
    row |= {"invoice_number": document["number"], "invoice_status_id": states.get(status, status)}
    row |= pick(document, "custom_value1=custom_surcharge1 custom_value2=custom_surcharge2")
    row |= {f"custom_text_value{n}": document[f"custom_value{n}"] or None for n in (1, 2)}
    row |= {f"custom_taxes{n}": document[f"custom_surcharge_tax{n}"] or 0 for n in (1, 2)}
    if kind == "quotes":
        return row | {"quote_invoice_id": document["invoice_id"]}
    return row | pick(document, "auto_bill=auto_bill_enabled recurring_invoice_id=recurring_id")


def recurring_columns(document: Row) -> Row:
    """Return the columns that only a recurring invoice has; its number is not exported."""
    return pick(document, "custom_value1 custom_value2 client_enable_auto_bill=auto_bill_enabled") | {
        "invoice_number": f"R{document['id']:04d}",
        "invoice_status_id": 1,
        "frequency_id": document["frequency_id"] - 1,
        "start_date": document["next_send_date"] or document["date"],
        "auto_bill": {"off": 1, "optin": 2, "optout": 3, "always": 4}[document["auto_bill"]],
    }


def item_row(item: Row, document: Row, account: int) -> Row:
    """Return a line of an invoice."""
    moment = f"{item['date']} {HOUR}"
    made = {"id": item["id"], "public_id": item["id"], "account_id": account, "user_id": document["user_id"]}
    made |= {"invoice_id": document["id"], "created_at": moment, "updated_at": moment, "qty": item["quantity"]}
    made |= pick(item, "product_key notes cost discount tax_name1 tax_rate1 tax_name2 tax_rate2 custom_value1")
    return made | pick(item, "custom_value2 invoice_item_type_id=type_id")


def payment_row(payment: Row, account: int) -> Row:
    """Return a payment."""
    kind = payment["type_id"]
    row = entity(payment, account) | pick(payment, "invoice_id client_id contact_id=client_contact_id invitation_id")
    row |= pick(
        payment, "account_gateway_id=company_gateway_id amount refunded payment_date=date transaction_reference"
    )
    row |= pick(payment, "private_notes payer_id is_deleted exchange_rate exchange_currency_id")
    return row | {
        "payment_type_id": PAYMENT_TYPES.get(kind, kind),
        "payment_status_id": 4 if payment["status_id"] == 2 else payment["status_id"],
    }


def expense_row(expense: Row, account: int) -> Row:
    """Return an expense."""
    kind = expense["payment_type_id"]
    row = entity(expense, account) | pick(expense, "amount bank_id client_id custom_value1 custom_value2 exchange_rate")
    row |= pick(expense, "expense_category_id=category_id expense_currency_id=currency_id expense_date=date invoice_id")
    row |= pick(expense, "invoice_currency_id invoice_documents payment_date private_notes public_notes is_deleted")
    row |= pick(expense, "recurring_expense_id should_be_invoiced tax_name1 tax_name2 tax_rate1 tax_rate2 vendor_id")
    row |= pick(expense, "transaction_id transaction_reference")
    return row | {"payment_type_id": PAYMENT_TYPES.get(kind, kind)}
