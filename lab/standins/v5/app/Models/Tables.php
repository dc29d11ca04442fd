<?php

namespace App\Models;

/** Tables, the model that stands for each, and the columns that a request may fill. */
class Tables
{
    /** table => [model, fillable columns] */
    private const ALL = [
        'accounts' => ['Account', 'utm_source utm_medium utm_campaign utm_term utm_content user_agent platform set_react_as_default_ap '
            . 'inapp_transaction_id'],
        'companies' => ['Company', 'invoice_task_item_description invoice_task_project_header invoice_task_hours markdown_enabled '
            . 'calculate_expense_tax_by_amount invoice_expense_documents invoice_task_documents show_tasks_table '
            . 'mark_expenses_invoiceable mark_expenses_paid enabled_item_tax_rates fill_products industry_id subdomain '
            . 'size_id custom_fields enable_product_cost enable_product_quantity enabled_modules default_quantity '
            . 'enabled_tax_rates portal_mode portal_domain convert_products update_products custom_surcharge_taxes1 '
            . 'custom_surcharge_taxes2 custom_surcharge_taxes3 custom_surcharge_taxes4 show_product_details first_day_of_week '
            . 'first_month_of_year slack_webhook_url google_analytics_key matomo_url matomo_id client_can_register '
            . 'enable_shop_api invoice_task_timelog auto_start_tasks is_disabled default_task_is_date_based '
            . 'enable_product_discount expense_inclusive_taxes session_timeout oauth_password_required invoice_task_datelog '
            . 'default_password_timeout show_task_end_date use_comma_as_decimal_place report_include_drafts '
            . 'client_registration_fields convert_rate_to_client markdown_email_enabled stop_on_unpaid_recurring '
            . 'use_quote_terms_on_conversion enable_applying_payments track_inventory inventory_notification_threshold '
            . 'stock_notification enabled_expense_tax_rates invoice_task_project report_include_deleted invoice_task_lock '
            . 'convert_payment_currency convert_expense_currency notify_vendor_when_paid calculate_taxes tax_data '
            . 'e_invoice_certificate_passphrase smtp_host smtp_port smtp_encryption smtp_local_domain smtp_verify_peer '
            . 'e_invoice'],
        'users' => ['User', 'user_logged_in_notification first_name last_name email phone signature avatar accepted_terms_version '
            . 'oauth_user_id oauth_provider_id custom_value1 custom_value2 custom_value3 custom_value4 is_deleted '
            . 'shopify_user_id language_id'],
        'company_user' => ['CompanyUser', 'account_id permissions notifications settings react_settings is_admin is_owner is_locked slack_webhook_url '
            . 'shop_restricted'],
        'company_tokens' => ['CompanyToken', 'name'],
        'clients' => ['Client', 'assigned_user_id name website private_notes industry_id size_id address1 address2 city state postal_code '
            . 'country_id custom_value1 custom_value2 custom_value3 custom_value4 shipping_address1 shipping_address2 '
            . 'shipping_city shipping_state shipping_postal_code shipping_country_id settings vat_number id_number '
            . 'group_settings_id public_notes phone number routing_id is_tax_exempt has_valid_vat_number classification'],
        'client_contacts' => ['ClientContact', 'first_name last_name phone custom_value1 custom_value2 custom_value3 custom_value4 email is_primary send_email'],
        'company_gateways' => ['CompanyGateway', 'gateway_key accepted_credit_cards require_cvv require_billing_address require_shipping_address '
            . 'require_client_name require_postal_code require_client_phone require_contact_name require_contact_email '
            . 'require_custom_value1 require_custom_value2 require_custom_value3 require_custom_value4 update_details config '
            . 'fees_and_limits custom_value1 custom_value2 custom_value3 custom_value4 token_billing label '
            . 'always_show_required_fields'],
        'client_gateway_tokens' => ['ClientGatewayToken', 'token routing_number gateway_customer_reference gateway_type_id meta client_id'],
        'company_ledgers' => ['CompanyLedger', ''],
        'projects' => ['Project', 'name client_id task_rate private_notes public_notes due_date budgeted_hours custom_value1 custom_value2 '
            . 'custom_value3 custom_value4 assigned_user_id color number'],
        'vendors' => ['Vendor', 'name assigned_user_id id_number vat_number phone address1 address2 city state postal_code country_id '
            . 'private_notes public_notes currency_id website transaction_name custom_value1 custom_value2 custom_value3 '
            . 'custom_value4 number language_id classification'],
        'vendor_contacts' => ['VendorContact', 'first_name last_name phone custom_value1 custom_value2 custom_value3 custom_value4 email is_primary vendor_id '
            . 'send_email'],
        'recurring_invoices' => ['RecurringInvoice', 'client_id project_id number discount is_amount_discount po_number date due_date due_date_days line_items '
            . 'footer public_notes private_notes terms tax_name1 tax_name2 tax_name3 tax_rate1 tax_rate2 tax_rate3 '
            . 'custom_value1 custom_value2 custom_value3 custom_value4 amount partial frequency_id next_send_date '
            . 'remaining_cycles auto_bill auto_bill_enabled design_id custom_surcharge1 custom_surcharge2 custom_surcharge3 '
            . 'custom_surcharge4 custom_surcharge_tax1 custom_surcharge_tax2 custom_surcharge_tax3 custom_surcharge_tax4 '
            . 'assigned_user_id exchange_rate vendor_id next_send_date_client uses_inclusive_taxes'],
        'recurring_invoice_invitations' => ['RecurringInvoiceInvitation', 'client_contact_id'],
        'invoices' => ['Invoice', 'number discount po_number date due_date terms public_notes private_notes tax_name1 tax_rate1 tax_name2 '
            . 'tax_rate2 tax_name3 tax_rate3 is_amount_discount partial partial_due_date project_id custom_value1 '
            . 'custom_value2 custom_value3 custom_value4 line_items client_id footer custom_surcharge1 custom_surcharge2 '
            . 'custom_surcharge3 custom_surcharge4 design_id assigned_user_id exchange_rate subscription_id auto_bill_enabled '
            . 'uses_inclusive_taxes vendor_id'],
        'invoice_invitations' => ['InvoiceInvitation', 'client_contact_id'],
        'quotes' => ['Quote', 'number discount po_number date due_date terms public_notes private_notes tax_name1 tax_rate1 tax_name2 '
            . 'tax_rate2 tax_name3 tax_rate3 is_amount_discount partial partial_due_date project_id custom_value1 '
            . 'custom_value2 custom_value3 custom_value4 line_items client_id footer custom_surcharge1 custom_surcharge2 '
            . 'custom_surcharge3 custom_surcharge4 design_id assigned_user_id exchange_rate subscription_id '
            . 'uses_inclusive_taxes vendor_id'],
        'quote_invitations' => ['QuoteInvitation', 'id client_contact_id'],
        'credits' => ['Credit', 'number discount po_number date due_date terms public_notes private_notes tax_name1 tax_rate1 tax_name2 '
            . 'tax_rate2 tax_name3 tax_rate3 is_amount_discount partial partial_due_date project_id custom_value1 '
            . 'custom_value2 custom_value3 custom_value4 line_items client_id footer custom_surcharge1 custom_surcharge2 '
            . 'custom_surcharge3 custom_surcharge4 design_id assigned_user_id exchange_rate subscription_id vendor_id'],
        'credit_invitations' => ['CreditInvitation', 'id client_contact_id'],
        'payments' => ['Payment', 'assigned_user_id client_id type_id amount date transaction_reference number exchange_currency_id exchange_rate '
            . 'private_notes custom_value1 custom_value2 custom_value3 custom_value4 category_id idempotency_key'],
        'paymentables' => ['Paymentable', ''],
        'products' => ['Product', 'custom_value1 custom_value2 custom_value3 custom_value4 product_key notes cost price quantity tax_name1 '
            . 'tax_name2 tax_name3 tax_rate1 tax_rate2 tax_rate3 in_stock_quantity stock_notification_threshold '
            . 'stock_notification max_quantity product_image tax_id'],
        'tasks' => ['Task', 'client_id invoice_id project_id assigned_user_id custom_value1 custom_value2 custom_value3 custom_value4 '
            . 'description is_running time_log status_id status_sort_order invoice_documents rate number is_date_based '
            . 'status_order hash meta'],
        'task_statuses' => ['TaskStatus', 'name color status_order'],
        'tax_rates' => ['TaxRate', 'name rate'],
        'payment_terms' => ['PaymentTerm', 'num_days'],
        'expense_categories' => ['ExpenseCategory', 'name color'],
        'expenses' => ['Expense', 'client_id assigned_user_id vendor_id invoice_id currency_id date invoice_currency_id amount foreign_amount '
            . 'exchange_rate private_notes public_notes bank_id transaction_id category_id tax_rate1 tax_name1 tax_rate2 '
            . 'tax_name2 tax_rate3 tax_name3 payment_date payment_type_id project_id transaction_reference invoice_documents '
            . 'should_be_invoiced custom_value1 custom_value2 custom_value3 custom_value4 number tax_amount1 tax_amount2 '
            . 'tax_amount3 uses_inclusive_taxes calculate_tax_by_amount purchase_order_id'],
        'recurring_expenses' => ['RecurringExpense', 'client_id assigned_user_id vendor_id invoice_id currency_id date invoice_currency_id amount foreign_amount '
            . 'exchange_rate private_notes public_notes bank_id transaction_id category_id tax_rate1 tax_name1 tax_rate2 '
            . 'tax_name2 tax_rate3 tax_name3 payment_date payment_type_id project_id transaction_reference invoice_documents '
            . 'should_be_invoiced custom_value1 custom_value2 custom_value3 custom_value4 number tax_amount1 tax_amount2 '
            . 'tax_amount3 uses_inclusive_taxes calculate_tax_by_amount frequency_id last_sent_date next_send_date '
            . 'remaining_cycles next_send_date_client'],
        'documents' => ['Document', 'is_default is_public name'],
        'activities' => ['Activity', ''],
        'system_logs' => ['SystemLog', 'client_id company_id user_id log category_id event_id type_id'],
    ];

    public static function model(string $table): string
    {
        return 'App\\Models\\' . (self::ALL[$table][0] ?? $table);
    }

    /** The name under which a polymorphic column refers to the model: only invoices have a short one. */
    public static function morph(string $table): string
    {
        return $table === 'invoices' ? 'invoices' : self::model($table);
    }

    public static function table(string $model): string
    {
        $name = substr(strrchr('\\' . $model, '\\'), 1);
        foreach (self::ALL as $table => [$known]) {
            if ($known === $name) {
                return $table;
            }
        }
        return $model;
    }

    /** @return array<int, string> */
    public static function fillable(string $table): array
    {
        return explode(' ', self::ALL[$table][1] ?? '');
    }

    public static function hasTimestamps(string $table): bool
    {
        return isset(self::ALL[$table]);
    }
}
