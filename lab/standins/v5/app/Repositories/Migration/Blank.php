<?php

namespace App\Repositories\Migration;

use App\Models\Record;

/** New records with the values that V5 gives them before anything is filled in; their order is the order of the columns in SQL. */
class Blank
{
    public static function record(string $table, int $companyId, int $userId): Record
    {
        $recurring = $table === 'recurring_invoices';
        $values = ['status_id' => 1];
        if (! $recurring) {
            $values['number'] = null;
        }
        $values += [
            'discount' => 0, 'is_amount_discount' => 1, 'po_number' => '', 'footer' => '', 'terms' => '', 'public_notes' => '', 'private_notes' => '',
            'date' => $recurring ? null : date('Y-m-d'), 'due_date' => null,
        ];
        if ($recurring) {
            $values['due_date_days'] = 'terms';
        }
        $values += ['partial_due_date' => null, 'is_deleted' => 0, 'line_items' => '[]', 'tax_name1' => '', 'tax_rate1' => 0, 'tax_name2' => '', 'tax_rate2' => 0];
        if (in_array($table, ['invoices', 'credits'], true)) {
            $values += ['tax_name3' => '', 'tax_rate3' => 0];
        }
        $values += ['custom_value1' => '', 'custom_value2' => '', 'custom_value3' => '', 'custom_value4' => '', 'amount' => 0, 'balance' => 0];
        if ($table === 'invoices') {
            $values['paid_to_date'] = 0;
        }
        $values += ['partial' => 0, 'user_id' => $userId, 'company_id' => $companyId];
        $values += match ($table) {
            'invoices', 'credits' => ['recurring_id' => null, 'exchange_rate' => 1],
            'quotes' => ['paid_to_date' => 0, 'exchange_rate' => 1],
            default => ['frequency_id' => 5, 'last_sent_date' => null, 'next_send_date' => null, 'next_send_date_client' => null, 'remaining_cycles' => -1,
                'paid_to_date' => 0, 'auto_bill_enabled' => 0, 'is_proforma' => 0, 'auto_bill' => 'off'],
        };
        return new Record($table, $values);
    }

    /** @param string $name invoice, quote, recurring_invoice or credit */
    public static function invitation(string $name, Record $record): Record
    {
        return new Record("{$name}_invitations", [
            'company_id' => $record->company_id, 'user_id' => $record->user_id, 'client_contact_id' => null, "{$name}_id" => $record->id,
            'key' => random_key(32), 'transaction_reference' => null, 'message_id' => null, 'email_error' => '', 'signature_base64' => '',
            'signature_date' => null, 'sent_date' => null, 'viewed_date' => null, 'opened_date' => null,
        ]);
    }

    public static function payment(int $companyId, int $userId): Record
    {
        return new Record('payments', [
            'company_id' => $companyId, 'user_id' => $userId, 'client_id' => 0, 'client_contact_id' => null, 'invitation_id' => null,
            'company_gateway_id' => null, 'type_id' => null, 'is_deleted' => 0, 'amount' => 0, 'date' => date('Y-m-d'), 'transaction_reference' => null,
            'payer_id' => null, 'status_id' => 1, 'exchange_rate' => 1,
        ]);
    }
}
