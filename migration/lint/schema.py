"""The tables that V5's importer writes: columns, keys, and the columns that a guarded model takes from a record.

Facts about V5 5.10.17 (its schema, its models' fillable columns and casts, its factories); a unit test compares the
columns
with those of lab/standins/v5/database/schema. MariaDB runs without strict mode there (``DB_STRICT`` is false by
default),
so a text that is too long is cut and a number that is none becomes 0; what still fails is NULL in a column that may
not be
NULL, a second row under a unique key, and a foreign key to nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from . import lookups

# A column is "name:type", with "!" where it may not be NULL. Types: i integer, n decimal, vN text of N characters, t
# text of
# 65,535 bytes, m longer text, d date, s date and time, e one of a few words.
_TABLES = {
    "accounts": (
        "id:i plan:e plan_term:e plan_started:d plan_paid:d plan_expires:d user_agent:v191 key:v191 "
        "payment_id:i default_company_id:i! trial_started:d trial_plan:e plan_price:n num_users:i! "
        "utm_source:v191 utm_medium:v191 utm_campaign:v191 utm_term:v191 utm_content:v191 "
        "latest_version:v191! report_errors:i! referral_code:v191 created_at:s updated_at:s "
        "is_scheduler_running:i! trial_duration:i is_onboarding:i! onboarding:m is_migrated:i! platform:v128 "
        "hosted_client_count:i hosted_company_count:i inapp_transaction_id:v100 set_react_as_default_ap:i! "
        "is_flagged:i! is_verified_account:i! account_sms_verification_code:t "
        "account_sms_verification_number:t account_sms_verified:i! bank_integration_account_id:t is_trial:i! "
        "email_quota:i "
    ),
    "companies": (
        "id:i account_id:i! industry_id:i ip:v191 company_key:v100! convert_products:i! fill_products:i! "
        "update_products:i! show_product_details:i! client_can_register:i! custom_surcharge_taxes1:i! "
        "custom_surcharge_taxes2:i! custom_surcharge_taxes3:i! custom_surcharge_taxes4:i! "
        "show_product_cost:i! enabled_tax_rates:i! enabled_modules:i! enable_product_cost:i! "
        "enable_product_quantity:i! default_quantity:i! subdomain:v191 db:v191 size_id:i "
        "first_day_of_week:v191 first_month_of_year:v191 portal_mode:v191! portal_domain:v191 "
        "enable_modules:i! custom_fields:m! settings:m! slack_webhook_url:v191! google_analytics_key:v191! "
        "created_at:s updated_at:s enabled_item_tax_rates:i! is_large:i! enable_shop_api:i! "
        "default_auto_bill:e! mark_expenses_invoiceable:i! mark_expenses_paid:i! invoice_expense_documents:i! "
        "auto_start_tasks:i! invoice_task_timelog:i! invoice_task_documents:i! show_tasks_table:i! "
        "is_disabled:i! default_task_is_date_based:i! enable_product_discount:i! "
        "calculate_expense_tax_by_amount:i! expense_inclusive_taxes:i! session_timeout:i! "
        "oauth_password_required:i! invoice_task_datelog:i! default_password_timeout:i! show_task_end_date:i! "
        "markdown_enabled:i! use_comma_as_decimal_place:i! report_include_drafts:i! "
        "client_registration_fields:m convert_rate_to_client:i! markdown_email_enabled:i! "
        "stop_on_unpaid_recurring:i! use_quote_terms_on_conversion:i! enable_applying_payments:i! "
        "track_inventory:i! inventory_notification_threshold:i! stock_notification:i! matomo_url:v191 "
        "matomo_id:i enabled_expense_tax_rates:i! invoice_task_project:i! report_include_deleted:i! "
        "invoice_task_lock:i! convert_payment_currency:i! convert_expense_currency:i! "
        "notify_vendor_when_paid:i! invoice_task_hours:i! calculate_taxes:i! tax_data:m shopify_name:v191 "
        "shopify_access_token:v191 e_invoice_certificate:t e_invoice_certificate_passphrase:t "
        "origin_tax_data:t invoice_task_project_header:i! invoice_task_item_description:i! smtp_host:v191 "
        "smtp_port:i smtp_encryption:v191 smtp_username:t smtp_password:t smtp_local_domain:v191 "
        "smtp_verify_peer:i! e_invoice:m "
    ),
    "users": (
        "id:i account_id:i! first_name:v191 last_name:v191 phone:v191 ip:v191 device_token:v191 email:v100! "
        "email_verified_at:s confirmation_code:v191 theme_id:i failed_logins:i referral_code:v191 "
        "oauth_user_id:v100 oauth_user_token:v191 oauth_provider_id:v191 google_2fa_secret:t "
        "accepted_terms_version:v191 avatar:v100 avatar_width:i avatar_height:i avatar_size:i is_deleted:i! "
        "last_login:s signature:m password:v191! remember_token:v100 custom_value1:t custom_value2:t "
        "custom_value3:t custom_value4:t created_at:s updated_at:s deleted_at:s oauth_user_refresh_token:t "
        "last_confirmed_email_address:v191 has_password:i! oauth_user_token_expiry:s "
        "sms_verification_code:v191 verified_phone_number:i! shopify_user_id:i language_id:v191 "
        "user_logged_in_notification:i! referral_meta:m "
    ),
    "payment_terms": (
        "id:i num_days:i name:v191 company_id:i user_id:i is_deleted:i! created_at:s updated_at:s deleted_at:s "
    ),
    "tax_rates": (
        "id:i company_id:i! user_id:i created_at:s updated_at:s deleted_at:s name:v100! rate:n! is_deleted:i! "
    ),
    "clients": (
        "id:i company_id:i! user_id:i! assigned_user_id:i name:v191 website:v191 private_notes:t "
        "public_notes:t client_hash:t logo:v255 phone:v255 balance:n! paid_to_date:n! credit_balance:n! "
        "last_login:s industry_id:i size_id:i address1:v191 address2:v191 city:v191 state:v191 "
        "postal_code:v191 country_id:i custom_value1:t custom_value2:t custom_value3:t custom_value4:t "
        "shipping_address1:v191 shipping_address2:v191 shipping_city:v191 shipping_state:v191 "
        "shipping_postal_code:v191 shipping_country_id:i settings:m is_deleted:i! group_settings_id:i "
        "vat_number:v191 number:v191 created_at:s updated_at:s deleted_at:s id_number:v191 payment_balance:n! "
        "routing_id:v191 tax_data:m is_tax_exempt:i! has_valid_vat_number:i! classification:v191 e_invoice:m "
    ),
    "client_contacts": (
        "id:i company_id:i! client_id:i! user_id:i! first_name:v191 last_name:v191 phone:v191 custom_value1:t "
        "custom_value2:t custom_value3:t custom_value4:t email:v100 email_verified_at:s "
        "confirmation_code:v191 is_primary:i! confirmed:i! last_login:s failed_logins:i oauth_user_id:v100 "
        "oauth_provider_id:i google_2fa_secret:v191 accepted_terms_version:v191 avatar:v255 avatar_type:v255 "
        "avatar_size:v255 password:v191! token:v191 is_locked:i! send_email:i! contact_key:v191 "
        "remember_token:v100 created_at:s updated_at:s deleted_at:s "
    ),
    "company_gateways": (
        "id:i company_id:i! user_id:i! gateway_key:v191! accepted_credit_cards:i! require_cvv:i! "
        "require_billing_address:i require_shipping_address:i update_details:i is_deleted:i! config:m! "
        "fees_and_limits:t! custom_value1:v191 custom_value2:v191 custom_value3:v191 custom_value4:v191 "
        "created_at:s updated_at:s deleted_at:s token_billing:e! label:v255 require_client_name:i! "
        "require_postal_code:i! require_client_phone:i! require_contact_name:i! require_contact_email:i! "
        "require_custom_value1:i! require_custom_value2:i! require_custom_value3:i! require_custom_value4:i! "
        "always_show_required_fields:i! "
    ),
    "client_gateway_tokens": (
        "id:i company_id:i! client_id:i token:t routing_number:t company_gateway_id:i! "
        "gateway_customer_reference:v191 gateway_type_id:i! is_default:i! meta:t deleted_at:s created_at:s "
        "updated_at:s is_deleted:i! "
    ),
    "vendors": (
        "id:i created_at:s updated_at:s deleted_at:s user_id:i! assigned_user_id:i company_id:i! "
        "currency_id:i name:v191 address1:v191 address2:v191 city:v191 state:v191 postal_code:v191 "
        "country_id:i phone:v191 private_notes:t website:v191 is_deleted:i! vat_number:v191 "
        "transaction_name:v191 number:v191 custom_value1:t custom_value2:t custom_value3:t custom_value4:t "
        "vendor_hash:t public_notes:t id_number:v191 language_id:i last_login:s classification:v191 "
    ),
    "vendor_contacts": (
        "id:i company_id:i! user_id:i! vendor_id:i! created_at:s updated_at:s deleted_at:s is_primary:i! "
        "first_name:v191 last_name:v191 email:v191 phone:v191 custom_value1:t custom_value2:t custom_value3:t "
        "custom_value4:t send_email:i! email_verified_at:s confirmation_code:v191 confirmed:i! last_login:s "
        "failed_logins:i oauth_user_id:v100 oauth_provider_id:i google_2fa_secret:v191 "
        "accepted_terms_version:v191 avatar:v255 avatar_type:v255 avatar_size:v255 password:v191! token:v191 "
        "is_locked:i! contact_key:v191 remember_token:v100 "
    ),
    "projects": (
        "id:i user_id:i! assigned_user_id:i company_id:i! client_id:i name:v191! task_rate:n! due_date:d "
        "private_notes:t budgeted_hours:n! custom_value1:t custom_value2:t custom_value3:t custom_value4:t "
        "created_at:s updated_at:s deleted_at:s public_notes:t is_deleted:i! number:v191 color:v191! "
        "current_hours:i "
    ),
    "products": (
        "id:i company_id:i! user_id:i! assigned_user_id:i project_id:i vendor_id:i custom_value1:t "
        "custom_value2:t custom_value3:t custom_value4:t product_key:v191 notes:t cost:n! price:n! "
        "quantity:n! tax_name1:v191 tax_rate1:n! tax_name2:v191 tax_rate2:n! tax_name3:v191 tax_rate3:n! "
        "deleted_at:s created_at:s updated_at:s is_deleted:i! in_stock_quantity:i! stock_notification:i! "
        "stock_notification_threshold:i! max_quantity:i product_image:v191 tax_id:i "
    ),
    "credits": (
        "id:i client_id:i! user_id:i! assigned_user_id:i company_id:i! status_id:i! project_id:i vendor_id:i "
        "recurring_id:i design_id:i invoice_id:i number:v191 discount:n! is_amount_discount:i! po_number:v191 "
        "date:d last_sent_date:s due_date:d is_deleted:i! line_items:m backup:m footer:t public_notes:t "
        "private_notes:t terms:t tax_name1:v191 tax_rate1:n! tax_name2:v191 tax_rate2:n! tax_name3:v191 "
        "tax_rate3:n! total_taxes:n! uses_inclusive_taxes:i! custom_value1:t custom_value2:t custom_value3:t "
        "custom_value4:t next_send_date:s custom_surcharge1:n custom_surcharge2:n custom_surcharge3:n "
        "custom_surcharge4:n custom_surcharge_tax1:i! custom_surcharge_tax2:i! custom_surcharge_tax3:i! "
        "custom_surcharge_tax4:i! exchange_rate:n! amount:n! balance:n! partial:n partial_due_date:s "
        "last_viewed:s created_at:s updated_at:s deleted_at:s reminder1_sent:d reminder2_sent:d "
        "reminder3_sent:d reminder_last_sent:d paid_to_date:n! subscription_id:i tax_data:m e_invoice:m "
    ),
    "recurring_invoices": (
        "id:i client_id:i! user_id:i! assigned_user_id:i company_id:i! project_id:i vendor_id:i status_id:i! "
        "number:v191 discount:n! is_amount_discount:i! po_number:v191 date:d due_date:s is_deleted:i! "
        "line_items:m backup:m footer:t public_notes:t private_notes:t terms:t tax_name1:v191 tax_rate1:n! "
        "tax_name2:v191 tax_rate2:n! tax_name3:v191 tax_rate3:n! total_taxes:n! custom_value1:t "
        "custom_value2:t custom_value3:t custom_value4:t amount:n! balance:n! partial:n last_viewed:s "
        "frequency_id:i! last_sent_date:s next_send_date:s remaining_cycles:i created_at:s updated_at:s "
        "deleted_at:s auto_bill:v191! auto_bill_enabled:i! design_id:i uses_inclusive_taxes:i! "
        "custom_surcharge1:n custom_surcharge2:n custom_surcharge3:n custom_surcharge4:n "
        "custom_surcharge_tax1:i! custom_surcharge_tax2:i! custom_surcharge_tax3:i! custom_surcharge_tax4:i! "
        "due_date_days:v191 partial_due_date:d exchange_rate:n! paid_to_date:n! subscription_id:i "
        "next_send_date_client:s is_proforma:i! "
    ),
    "invoices": (
        "id:i client_id:i! user_id:i! assigned_user_id:i company_id:i! status_id:i! project_id:i vendor_id:i "
        "recurring_id:i design_id:i number:v191 discount:n! is_amount_discount:i! po_number:v191 date:d "
        "last_sent_date:d due_date:s is_deleted:i! line_items:m backup:m footer:t public_notes:t "
        "private_notes:t terms:t tax_name1:v191 tax_rate1:n! tax_name2:v191 tax_rate2:n! tax_name3:v191 "
        "tax_rate3:n! total_taxes:n! uses_inclusive_taxes:i! custom_value1:t custom_value2:t custom_value3:t "
        "custom_value4:t next_send_date:s custom_surcharge1:n custom_surcharge2:n custom_surcharge3:n "
        "custom_surcharge4:n custom_surcharge_tax1:i! custom_surcharge_tax2:i! custom_surcharge_tax3:i! "
        "custom_surcharge_tax4:i! exchange_rate:n! amount:n! balance:n! partial:n partial_due_date:s "
        "last_viewed:s created_at:s updated_at:s deleted_at:s reminder1_sent:d reminder2_sent:d "
        "reminder3_sent:d reminder_last_sent:d auto_bill_enabled:i! paid_to_date:n! subscription_id:i "
        "auto_bill_tries:i! is_proforma:i! tax_data:m e_invoice:m "
    ),
    "quotes": (
        "id:i client_id:i! user_id:i! assigned_user_id:i company_id:i! status_id:i! project_id:i vendor_id:i "
        "recurring_id:i design_id:i invoice_id:i number:v191 discount:n! is_amount_discount:i! po_number:v191 "
        "date:d last_sent_date:d due_date:s next_send_date:s is_deleted:i! line_items:m backup:m footer:t "
        "public_notes:t private_notes:t terms:t tax_name1:v191 tax_rate1:n! tax_name2:v191 tax_rate2:n! "
        "tax_name3:v191 tax_rate3:n! total_taxes:n! uses_inclusive_taxes:i! custom_value1:t custom_value2:t "
        "custom_value3:t custom_value4:t custom_surcharge1:n custom_surcharge2:n custom_surcharge3:n "
        "custom_surcharge4:n custom_surcharge_tax1:i! custom_surcharge_tax2:i! custom_surcharge_tax3:i! "
        "custom_surcharge_tax4:i! exchange_rate:n! amount:n! balance:n! partial:n partial_due_date:s "
        "last_viewed:s created_at:s updated_at:s deleted_at:s reminder1_sent:d reminder2_sent:d "
        "reminder3_sent:d reminder_last_sent:d paid_to_date:n! subscription_id:i tax_data:m e_invoice:m "
    ),
    "payments": (
        "id:i company_id:i! client_id:i! project_id:i vendor_id:i user_id:i assigned_user_id:i "
        "client_contact_id:i invitation_id:i company_gateway_id:i gateway_type_id:i type_id:i status_id:i! "
        "amount:n! refunded:n! applied:n! date:d transaction_reference:v191 payer_id:v191 number:v191 "
        "private_notes:t created_at:s updated_at:s deleted_at:s is_deleted:i! is_manual:i! exchange_rate:n! "
        "currency_id:i! exchange_currency_id:i meta:t custom_value1:t custom_value2:t custom_value3:t "
        "custom_value4:t transaction_id:i idempotency_key:v64 refund_meta:t category_id:i "
    ),
    "expense_categories": (
        "id:i user_id:i! company_id:i! name:v191 created_at:s updated_at:s deleted_at:s is_deleted:i! "
        "color:v191! bank_category_id:i "
    ),
    "task_statuses": (
        "id:i name:v191 company_id:i user_id:i is_deleted:i! created_at:s updated_at:s deleted_at:s "
        "status_sort_order:i color:v191! status_order:i "
    ),
    "expenses": (
        "id:i created_at:s updated_at:s deleted_at:s company_id:i! vendor_id:i user_id:i! assigned_user_id:i "
        "invoice_id:i client_id:i bank_id:i invoice_currency_id:i currency_id:i category_id:i "
        "payment_type_id:i recurring_expense_id:i is_deleted:i! amount:n! foreign_amount:n! exchange_rate:n! "
        "tax_name1:v191 tax_rate1:n! tax_name2:v191 tax_rate2:n! tax_name3:v191 tax_rate3:n! date:d "
        "payment_date:d private_notes:t public_notes:t transaction_reference:t should_be_invoiced:i! "
        "invoice_documents:i! transaction_id:i custom_value1:t custom_value2:t custom_value3:t "
        "custom_value4:t number:v191 project_id:i tax_amount1:n! tax_amount2:n! tax_amount3:n! "
        "uses_inclusive_taxes:i! calculate_tax_by_amount:i! e_invoice:m "
    ),
    "recurring_expenses": (
        "id:i created_at:s updated_at:s deleted_at:s company_id:i! vendor_id:i user_id:i! status_id:i! "
        "invoice_id:i client_id:i bank_id:i project_id:i payment_type_id:i recurring_expense_id:i "
        "is_deleted:i! uses_inclusive_taxes:i! tax_name1:v191 tax_name2:v191 tax_name3:v191 date:d "
        "payment_date:d should_be_invoiced:i! invoice_documents:i! transaction_id:v191 custom_value1:t "
        "custom_value2:t custom_value3:t custom_value4:t category_id:i calculate_tax_by_amount:i! "
        "tax_amount1:n tax_amount2:n tax_amount3:n tax_rate1:n tax_rate2:n tax_rate3:n amount:n "
        "foreign_amount:n exchange_rate:n! assigned_user_id:i number:v191 invoice_currency_id:i currency_id:i "
        "private_notes:t public_notes:t transaction_reference:t frequency_id:i! last_sent_date:s "
        "next_send_date:s remaining_cycles:i next_send_date_client:s "
    ),
    "tasks": (
        "id:i user_id:i! assigned_user_id:i company_id:i! client_id:i invoice_id:i project_id:i status_id:i "
        "status_sort_order:i created_at:s updated_at:s deleted_at:s custom_value1:t custom_value2:t "
        "custom_value3:t custom_value4:t duration:i description:t is_deleted:i! is_running:i! time_log:t "
        "number:v191 rate:n! invoice_documents:i! is_date_based:i! status_order:i calculated_start_date:d "
        "hash:v191 meta:t "
    ),
    "recurring_invoice_invitations": (
        "id:i company_id:i! user_id:i! client_contact_id:i! recurring_invoice_id:i! key:v191! created_at:s "
        "updated_at:s deleted_at:s transaction_reference:v191 message_id:v191 email_error:m "
        "signature_base64:t signature_date:s sent_date:s viewed_date:s opened_date:s email_status:e "
    ),
    "invoice_invitations": (
        "id:i company_id:i! user_id:i! client_contact_id:i! invoice_id:i! key:v191! "
        "transaction_reference:v191 message_id:v191 email_error:m signature_base64:t signature_date:s "
        "sent_date:s viewed_date:s opened_date:s created_at:s updated_at:s deleted_at:s signature_ip:t "
        "email_status:e "
    ),
    "quote_invitations": (
        "id:i company_id:i! user_id:i! client_contact_id:i! quote_id:i! key:v191! transaction_reference:v191 "
        "message_id:v191 email_error:m signature_base64:t signature_date:s sent_date:s viewed_date:s "
        "opened_date:s created_at:s updated_at:s deleted_at:s signature_ip:t email_status:e "
    ),
}

# Unique within a company; the others of these tables cannot clash in an import.
_UNIQUE_NUMBER = frozenset(
    [
        "clients",
        "vendors",
        "projects",
        "credits",
        "recurring_invoices",
        "invoices",
        "quotes",
        "payments",
        "expenses",
        "recurring_expenses",
        "tasks",
    ]
)

# table: column: (known ids, the other table, its column)
_FOREIGN = {
    "companies": {
        "industry_id": (lookups.INDUSTRIES, "industries", "id"),
        "size_id": (lookups.SIZES, "sizes", "id"),
    },
    "clients": {
        "industry_id": (lookups.INDUSTRIES, "industries", "id"),
        "size_id": (lookups.SIZES, "sizes", "id"),
    },
    "vendors": {
        "country_id": (lookups.COUNTRIES, "countries", "id"),
        "currency_id": (lookups.CURRENCIES, "currencies", "id"),
    },
    "company_gateways": {"gateway_key": (lookups.GATEWAY_KEYS, "gateways", "key")},
}

# Columns whose arrays are stored as JSON (the models' casts).
_JSON = {
    "companies": (
        "custom_fields",
        "settings",
        "tax_data",
        "client_registration_fields",
        "origin_tax_data",
        "e_invoice",
    ),
    "clients": ("settings", "tax_data", "e_invoice"),
    "company_gateways": ("fees_and_limits",),
    "client_gateway_tokens": ("meta",),
    "credits": ("line_items", "backup", "e_invoice"),
    "recurring_invoices": ("line_items", "backup"),
    "invoices": ("line_items", "backup", "tax_data", "e_invoice"),
    "quotes": ("line_items", "backup", "tax_data", "e_invoice"),
    "payments": ("meta", "refund_meta"),
    "expenses": ("e_invoice",),
    "tasks": ("meta",),
    "users": ("referral_meta", "oauth_user_token"),
}

# What a guarded model takes. Saving an invoice's invitations guards every model again, so only the first recurring
# invoice, invoice and quote of an import is filled with all its columns; payments are guarded from the start.
_BILLING = (
    "number discount po_number date due_date terms public_notes private_notes tax_name1 tax_rate1 tax_name2 tax_rate2"
    " tax_name3 tax_rate3 is_amount_discount partial partial_due_date project_id custom_value1"
    " custom_value2 custom_value3"
    " custom_value4 line_items client_id footer custom_surcharge1 custom_surcharge2 custom_surcharge3 custom_surcharge4"
    " design_id assigned_user_id exchange_rate uses_inclusive_taxes vendor_id"
)
_FILLABLE = {
    "recurring_invoices": _BILLING + " due_date_days amount frequency_id next_send_date remaining_cycles auto_bill"
    " auto_bill_enabled custom_surcharge_tax1 custom_surcharge_tax2 custom_surcharge_tax3 custom_surcharge_tax4"
    " next_send_date_client",
    "invoices": _BILLING + " subscription_id auto_bill_enabled",
    "quotes": _BILLING + " subscription_id",
    "payments": "assigned_user_id client_id type_id amount date transaction_reference number exchange_currency_id"
    " exchange_rate private_notes custom_value1 custom_value2 custom_value3 custom_value4 category_id idempotency_key",
    "accounts": "utm_source utm_medium utm_campaign utm_term utm_content user_agent platform set_react_as_default_ap"
    " inapp_transaction_id",
}

# The columns that a new record has before it is filled, in their order; MariaDB names the first NULL in this order.
_BLANK_BILLING = (
    "status_id number discount is_amount_discount po_number footer terms public_notes private_notes date due_date"
    " partial_due_date is_deleted line_items tax_name1 tax_rate1 tax_name2 tax_rate2"
)
_BLANK = {
    "users": "account_id first_name last_name phone email last_login failed_logins signature theme_id"
    " user_logged_in_notification referral_code",
    "tax_rates": "name rate company_id user_id",
    "clients": "company_id user_id name website private_notes public_notes balance paid_to_date country_id is_deleted"
    " client_hash settings classification",
    "client_contacts": "first_name user_id company_id contact_key id send_email client_id",
    "vendors": "company_id user_id name website private_notes public_notes country_id is_deleted vendor_hash",
    "vendor_contacts": "vendor_id company_id user_id contact_key",
    "products": "company_id user_id product_key notes cost price quantity tax_name1 tax_rate1 tax_name2 tax_rate2"
    " custom_value1 custom_value2 custom_value3 custom_value4 is_deleted tax_id",
    "credits": _BLANK_BILLING
    + " tax_name3 tax_rate3 custom_value1 custom_value2 custom_value3 custom_value4 amount balance"
    " partial user_id company_id recurring_id exchange_rate client_id",
    "invoices": _BLANK_BILLING + " tax_name3 tax_rate3 custom_value1 custom_value2 custom_value3 custom_value4 amount"
    " balance paid_to_date partial user_id company_id recurring_id exchange_rate",
    "quotes": _BLANK_BILLING + " custom_value1 custom_value2 custom_value3 custom_value4 amount balance partial user_id"
    " company_id paid_to_date exchange_rate",
    "recurring_invoices": "status_id discount is_amount_discount po_number footer terms public_notes private_notes date"
    " due_date due_date_days partial_due_date is_deleted line_items tax_name1 tax_rate1 tax_name2"
    " tax_rate2 custom_value1"
    " custom_value2 custom_value3 custom_value4 amount balance partial user_id company_id frequency_id last_sent_date"
    " next_send_date next_send_date_client remaining_cycles paid_to_date auto_bill_enabled is_proforma auto_bill",
    "payments": "company_id user_id client_id client_contact_id invitation_id company_gateway_id"
    " type_id is_deleted amount"
    " date transaction_reference payer_id status_id exchange_rate",
    "invoice_invitations": "company_id user_id client_contact_id invoice_id key transaction_reference"
    " message_id email_error"
    " signature_base64 signature_date sent_date viewed_date opened_date",
}
for _name in ("quote_invitations", "recurring_invoice_invitations"):
    _BLANK[_name] = _BLANK["invoice_invitations"].replace("invoice_id", _name.replace("_invitations", "_id"))


class Column(NamedTuple):
    """One column: type (see above), size (characters of a ``v``, bytes of a ``t``; 0 where it has no limit),
    nullable.
    """

    type: str
    size: int
    nullable: bool


class Table(NamedTuple):
    """One table: columns by name, json (columns that take arrays), foreign, fillable (of a guarded model), blank (the
    order of a new record's columns), unique_number (whether a company has each number once)."""

    name: str
    columns: dict
    json: frozenset
    foreign: dict
    fillable: frozenset
    blank: tuple
    unique_number: bool


def _column(declared: str):
    name, _, type_ = declared.partition(":")
    letter, size = type_[0], type_.rstrip("!")[1:]
    limit = int(size) if size else 65535 if letter == "t" else 0
    return name, Column(letter, limit, not type_.endswith("!"))


TABLES = {
    name: Table(
        name,
        dict(_column(declared) for declared in columns.split()),
        frozenset(_JSON.get(name, ())),
        _FOREIGN.get(name, {}),
        frozenset(_FILLABLE.get(name, "").split()),
        tuple(_BLANK.get(name, "").split()),
        name in _UNIQUE_NUMBER,
    )
    for name, columns in _TABLES.items()
}
