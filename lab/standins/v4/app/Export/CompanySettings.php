<?php

namespace App\Export;

use App\Models\Account;

/** The company's settings. Most are the account's columns; what V4 leaves empty gets V5's default. */
class CompanySettings
{
    private const TEXT = 'text';
    private const YES_NO = 'yes or no';

    public static function of(Account $account): array
    {
        info('get co settings');
        $mail = $account->account_email_settings;
        $zone = $account->timezone_id ?: 15;
        $settings = [
            'entity_send_time' => 6,
            'auto_bill_date' => $account->auto_bill_on_due_date ? 'on_due_date' : 'on_send_date',
            'auto_bill' => 'off', // V4 asks for a column that does not exist
            'payment_terms' => self::text($account->payment_terms, ''),
            'timezone_id' => $zone > 57 ? (string) ($zone - 1) : $zone,
            'date_format_id' => self::text($account->date_format_id, '1'),
            'currency_id' => self::text($account->currency_id, '1'),
            'name' => $account->name ?: trans('texts.untitled'),
        ];
        $settings += self::columns($account, 'address1 address2 city state postal_code');
        $settings += [
            'country_id' => self::text($account->country_id, '840'),
            'invoice_terms' => $account->invoice_terms ?: '',
            'enabled_item_tax_rates' => $account->invoice_item_taxes ? 2 : 0,
            'invoice_design_id' => $account->invoice_design_id ?: '1',
            'phone' => $account->work_phone ?: '',
            'email' => $account->work_email ?: '',
            'language_id' => self::text($account->language_id, '1'),
        ];
        $settings += self::columns($account, 'custom_value1 custom_value2');
        $settings += ['custom_value3' => '', 'custom_value4' => ''];
        $settings += self::flags($account, 'hide_paid_to_date');
        $settings += self::columns($account, 'vat_number');
        $settings += ['shared_invoice_quote_counter' => true]; // whatever V4 has
        $settings += self::columns($account, 'id_number invoice_footer') + self::flags($account, 'pdf_email_attachment');
        $settings += ['font_size' => $account->font_size ?: 9] + self::columns($account, 'invoice_labels');
        $settings += self::flags($account, 'military_time');
        $settings += ['invoice_number_counter' => $account->invoice_number_counter ?: 0];
        $settings += self::columns($account, 'invoice_number_pattern quote_number_pattern quote_terms website');
        $settings += self::flags($account, 'auto_convert_quote');
        $settings += ['all_pages_footer' => true, 'all_pages_header' => true]; // whatever V4 has
        $settings += self::flags($account, 'show_currency_code enable_client_portal_password=enable_portal_password
            send_portal_password');
        $settings += ['recurring_number_prefix' => $account->recurring_invoice_number_prefix ?: 'R'];
        $settings += self::flags($account, 'enable_client_portal') + self::columns($account, 'invoice_fields');
        $settings += ['company_logo' => $account->getLogoURL() ?: ''];
        $settings += self::flags($account, 'embed_documents=invoice_embed_documents document_email_attachment');
        $settings += ['enable_client_portal_dashboard' => true, 'page_size' => $account->page_size ?: 'A4'];
        $settings += self::flags($account, 'show_accept_invoice_terms show_accept_quote_terms
            require_invoice_signature require_quote_signature');
        $settings += ['client_number_counter' => $account->client_number_counter ?: 0];
        $settings += self::columns($account, 'client_number_pattern') + self::money($account);

        return $settings + self::mail($account, $mail);
    }

    private static function money(Account $account): array
    {
        $reset = $account->reset_counter_frequency_id;
        $type = $account->payment_type_id;

        return [
            'payment_number_pattern' => '',
            'payment_number_counter' => 0,
            'reset_counter_frequency_id' => $reset ? (string) Codes::frequency($reset) : '0',
            'payment_type_id' => $type ? (string) Codes::paymentType($type) : '1',
            'reset_counter_date' => $account->reset_counter_date ?: '',
            'tax_name1' => $account->tax_name1 ?: '',
            'tax_rate1' => $account->tax_rate1 ?: 0,
            'tax_name2' => $account->tax_name2 ?: '',
            'tax_rate2' => $account->tax_rate2 ?: 0,
            'tax_name3' => '',
            'tax_rate3' => 0,
            'quote_design_id' => self::text($account->quote_design_id, '1'),
            'credit_number_counter' => $account->credit_number_counter ?: 0,
            'credit_number_pattern' => $account->credit_number_pattern ?: '',
            'default_task_rate' => $account->task_rate ?: 0,
        ] + self::flags($account, 'inclusive_taxes signature_on_pdf ubl_email_attachment auto_archive_invoice
            auto_archive_quote auto_email_invoice') + ['counter_padding' => $account->invoice_number_padding ?: 4];
    }

    /** @param \App\Models\AccountEmailSettings|null $mail a missing row fails at the first property, as in V4 */
    private static function mail(Account $account, $mail): array
    {
        $settings = ['reply_to_email' => $mail->reply_to_email ?: ''];
        $settings += self::columns($mail, 'bcc_email email_subject_invoice email_subject_quote email_subject_payment
            email_template_invoice email_template_quote email_template_payment email_subject_reminder1
            email_subject_reminder2 email_subject_reminder3 email_subject_reminder_endless=email_subject_reminder4
            email_template_reminder1 email_template_reminder2 email_template_reminder3
            email_template_reminder_endless=email_template_reminder4');
        foreach (['amount', 'percent'] as $kind) {
            foreach ([1, 2, 3] as $number) {
                $settings["late_fee_{$kind}{$number}"] = $mail->{"late_fee{$number}_{$kind}"} ?: 0;
            }
        }
        $settings += self::flags($account, 'enable_reminder1 enable_reminder2 enable_reminder3
            enable_reminder_endless=enable_reminder4');
        foreach ([1, 2, 3] as $number) {
            $settings["num_days_reminder{$number}"] = $account->{"num_days_reminder{$number}"} ?: 0;
        }
        foreach ([1, 2, 3] as $number) {
            $settings["schedule_reminder{$number}"] = ($account->{"direction_reminder{$number}"} == 1 ? 'after_' : 'before_')
                . ($account->{"field_reminder{$number}"} == 1 ? 'due_date' : 'invoice_date');
        }
        $settings += [
            'endless_reminder_frequency_id' => 0, // V4 asks for a column that does not exist
            'email_signature' => $account->email_footer ?: '',
            'email_style' => [1 => 'plain', 2 => 'light', 3 => 'dark'][$account->email_design_id] ?? 'light',
        ];
        foreach (['dashboard', 'unpaid_invoice', 'paid_invoice', 'unapproved_quote'] as $message) {
            $settings["custom_message_{$message}"] = $account->customMessage($message);
        }

        return $settings;
    }

    private static function text($value, string $default): string
    {
        return $value ? (string) $value : $default;
    }

    private static function columns($row, string $list): array
    {
        return self::pick($row, $list, self::TEXT);
    }

    private static function flags($row, string $list): array
    {
        return self::pick($row, $list, self::YES_NO);
    }

    /** Each word of $list is KEY or KEY=COLUMN. */
    private static function pick($row, string $list, string $kind): array
    {
        $values = [];
        foreach (preg_split('/\s+/', trim($list)) as $word) {
            [$key, $column] = array_pad(explode('=', $word), 2, $word);
            $values[$key] = $kind === self::TEXT ? ($row->$column ?: '') : (bool) $row->$column;
        }

        return $values;
    }
}
