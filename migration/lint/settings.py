"""V5's check of a company's settings (SettingsSaver of 5.10.17): the first wrong one ends the import."""

from __future__ import annotations

from . import php

# V5's keys by type; ``pdf_variables`` is not looked at, and keys that are not here are kept as they are.
_TYPES = {
    "bool": (
        "accept_client_input_quote_approval all_pages_footer all_pages_header allow_billable_task_items "
        "auto_archive_invoice auto_archive_invoice_cancelled auto_archive_quote auto_bill_standard_invoices "
        "auto_convert_quote auto_email_invoice client_can_register client_initiated_payments "
        "client_manual_payment_notification client_online_payment_notification client_portal_allow_over_payment "
        "client_portal_allow_under_payment client_portal_enable_uploads document_email_attachment embed_documents "
        "enable_client_portal enable_client_portal_dashboard enable_client_portal_password "
        "enable_client_portal_tasks enable_e_invoice enable_email_markup enable_quote_reminder1 "
        "enable_rappen_rounding enable_reminder1 enable_reminder2 enable_reminder3 enable_reminder_endless "
        "hide_empty_columns_on_pdf hide_paid_to_date inclusive_taxes military_time page_numbering "
        "payment_email_all_contacts pdf_email_attachment require_invoice_signature "
        "require_purchase_order_signature require_quote_signature send_email_on_mark_paid send_reminders "
        "shared_invoice_credit_counter shared_invoice_quote_counter show_accept_invoice_terms "
        "show_accept_quote_terms show_currency_code show_email_footer show_paid_stamp show_pdfhtml_on_mobile "
        "show_shipping_address show_task_item_description signature_on_pdf sync_invoice_quote_columns "
        "task_round_up ubl_email_attachment vendor_portal_enable_uploads "
    ),
    "float": (
        "client_initiated_payments_minimum client_portal_under_payment_minimum default_task_rate late_fee_amount1 "
        "late_fee_amount2 late_fee_amount3 late_fee_endless_amount late_fee_endless_percent late_fee_percent1 "
        "late_fee_percent2 late_fee_percent3 quote_late_fee_amount1 quote_late_fee_percent1 tax_rate1 tax_rate2 "
        "tax_rate3 "
    ),
    "int": (
        "enabled_item_tax_rates entity_send_time expense_number_counter font_size invoice_taxes "
        "num_days_reminder1 num_days_reminder2 num_days_reminder3 payment_number_counter project_number_counter "
        "quote_num_days_reminder1 recurring_expense_number_counter recurring_invoice_number_counter "
        "recurring_quote_number_counter reminder_send_time task_number_counter task_round_to_nearest "
        "ticket_number_counter vendor_number_counter "
    ),
    "integer": (
        "client_number_counter counter_padding credit_number_counter endless_reminder_frequency_id "
        "invoice_number_counter purchase_order_number_counter quote_number_counter reset_counter_frequency_id "
    ),
    "object": ("pdf_variables "),
    "string": (
        "address1 address2 auto_bill auto_bill_date bcc_email besr_id brevo_secret city classification "
        "client_number_pattern client_portal_privacy_policy client_portal_terms company_gateway_ids company_logo "
        "company_logo_size counter_number_applied country_id credit_design_id credit_footer credit_number_pattern "
        "credit_terms currency_id custom_message_dashboard custom_message_paid_invoice "
        "custom_message_unapproved_quote custom_message_unpaid_invoice custom_sending_email custom_value1 "
        "custom_value2 custom_value3 custom_value4 date_format_id default_expense_payment_type_id "
        "delivery_note_design_id design e_invoice_type e_quote_type email email_alignment email_from_name "
        "email_quote_subject_reminder1 email_quote_template_reminder1 email_sending_method email_signature "
        "email_style email_style_custom email_subject_credit email_subject_custom1 email_subject_custom2 "
        "email_subject_custom3 email_subject_invoice email_subject_payment email_subject_payment_partial "
        "email_subject_purchase_order email_subject_quote email_subject_reminder1 email_subject_reminder2 "
        "email_subject_reminder3 email_subject_reminder_endless email_subject_statement email_template_credit "
        "email_template_custom1 email_template_custom2 email_template_custom3 email_template_invoice "
        "email_template_payment email_template_payment_partial email_template_purchase_order email_template_quote "
        "email_template_reminder1 email_template_reminder2 email_template_reminder3 "
        "email_template_reminder_endless email_template_statement expense_number_pattern gmail_sending_user_id "
        "id_number invoice_design_id invoice_fields invoice_footer invoice_labels invoice_number_pattern "
        "invoice_terms language_id lock_invoices mailgun_domain mailgun_endpoint mailgun_secret name page_layout "
        "page_numbering_alignment page_size payment_number_pattern payment_receipt_design_id "
        "payment_refund_design_id payment_terms payment_type_id phone portal_custom_css portal_custom_footer "
        "portal_custom_head portal_custom_js portal_design_id postal_code postmark_secret primary_color "
        "primary_font project_number_pattern purchase_order_design_id purchase_order_footer "
        "purchase_order_number_pattern purchase_order_public_notes purchase_order_terms qr_iban quote_design_id "
        "quote_footer quote_number_applied quote_number_pattern quote_schedule_reminder1 quote_terms "
        "recurring_expense_number_pattern recurring_invoice_number_pattern recurring_number_prefix "
        "recurring_quote_number_pattern reply_to_email reply_to_name reset_counter_date schedule_reminder1 "
        "schedule_reminder2 schedule_reminder3 secondary_color secondary_font show_all_tasks_client_portal state "
        "statement_design_id task_number_pattern tax_name1 tax_name2 tax_name3 ticket_number_pattern timezone_id "
        "use_credits_payment use_unapplied_payment valid_until vat_number vendor_number_pattern website "
    ),
}
TYPES = {name: type_ for type_, names in _TYPES.items() for name in names.split()}

# Designs: V5 encodes their numbers before it looks, so only an integer that it does not encode is wrong.
ENCODED = ("invoice_design_id", "quote_design_id", "credit_design_id")
TEXTS = (*ENCODED, "purchase_order_design_id", "statement_design_id", "delivery_note_design_id")
TEXT_IDS = ("payment_refund_design_id", "payment_receipt_design_id", "besr_id", "gmail_sending_user_id")


def check_settings(settings: dict) -> list:
    """``[("settings-invalid", key, message)]`` of the first setting, in the order of their names, that V5 refuses;
    or [].
    """
    for name in sorted(set(TYPES) & set(settings)):
        wanted = _wanted(name, settings[name])
        if wanted and not _fits(wanted, settings[name]):
            if isinstance(settings[name], (list, dict)):
                return [("value-nested", name, php.ARRAY_TO_STRING)]
            message = f"{name} is not a valid {wanted} ( {php.text(settings[name])} )"
            return [("settings-invalid", name, message)]
    return []


def _wanted(name: str, value) -> str:
    """What V5 wants the value to be; "" where it does not look."""
    type_ = TYPES[name]
    if name in ENCODED or name in ("pdf_variables", "font_size", "email_sending_method"):
        return ""
    if name in TEXTS:
        return "string"
    if name in TEXT_IDS:
        return "string"
    if name.endswith(("_id", "number_counter")):
        return "integer"
    if name == "payment_terms":  # empty becomes "0" before
        return "" if value is None or value == "" or value is False else "integer"
    if name == "valid_until" and php.text(value if not isinstance(value, (list, dict)) else "1"):
        return "integer"
    if value is None or value == "" or value is False or type_ == "float":
        return ""
    return type_


def _fits(wanted: str, value) -> bool:
    if wanted in ("int", "integer"):
        if isinstance(value, str) and value == "":
            return False
        return php.is_numeric(value) and float(php.number(value)).is_integer() and _digits(value)
    if wanted == "string":
        return not isinstance(value, int) or isinstance(value, bool)
    if wanted == "bool":
        return isinstance(value, bool) or (
            not isinstance(value, (list, dict)) and php.text(value).strip().lower() in php.TRUE_WORDS
        )
    if wanted == "object":
        return isinstance(value, dict)
    return isinstance(value, list)


def _digits(value) -> bool:
    """ctype_digit(strval(abs(value))): no fraction, no exponent."""
    return php.number(value) < 1e15
