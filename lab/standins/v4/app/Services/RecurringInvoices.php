<?php

namespace App\Services;

use App\Models\Invitation;
use App\Models\Invoice;
use App\Models\InvoiceItem;

/** Makes an invoice from a recurring one. */
class RecurringInvoices
{
    private const SAME = ['client_id', 'amount', 'discount', 'po_number', 'public_notes', 'terms', 'invoice_footer',
        'tax_name1', 'tax_rate1', 'tax_name2', 'tax_rate2', 'invoice_design_id', 'custom_value1', 'custom_value2',
        'custom_taxes1', 'custom_taxes2', 'custom_text_value1', 'custom_text_value2', 'is_amount_discount'];
    private const SAME_ITEM = ['product_id', 'qty', 'cost', 'notes', 'product_key', 'tax_name1', 'tax_rate1',
        'tax_name2', 'tax_rate2', 'custom_value1', 'custom_value2', 'discount', 'invoice_item_type_id'];

    public function create(Invoice $recurring): ?Invoice
    {
        $client = $recurring->client;
        if ($client->deleted_at) {
            return null;
        }
        $invoice = Invoice::createFor($recurring->user, [
            'is_public' => 1,
            'invoice_type_id' => INVOICE_TYPE_STANDARD,
            'invoice_status_id' => INVOICE_STATUS_SENT,
            'recurring_invoice_id' => $recurring->id,
            'invoice_number' => $this->nextNumber($recurring),
            'balance' => $recurring->amount,
            'invoice_date' => date('Y-m-d'),
            'frequency_id' => 0,
        ] + $this->copy($recurring, self::SAME));
        foreach ($recurring->invoice_items as $item) {
            InvoiceItem::createFor($recurring->user, ['invoice_id' => $invoice->id] + $this->copy($item, self::SAME_ITEM));
        }
        foreach ($recurring->invitations as $invitation) {
            Invitation::createFor($recurring->user, [
                'invoice_id' => $invoice->id,
                'contact_id' => $invitation->contact_id,
                'invitation_key' => random_key(RANDOM_KEY_LENGTH),
            ]);
        }
        $recurring->update(['last_sent_date' => date('Y-m-d')]);
        $client->update(['balance' => $client->balance + $invoice->amount]);

        return $invoice;
    }

    private function copy($row, array $columns): array
    {
        $copy = [];
        foreach ($columns as $column) {
            $copy[$column] = $row->$column;
        }

        return $copy;
    }

    /** The account's next free number, with the prefix of recurring invoices. */
    private function nextNumber(Invoice $recurring): string
    {
        $account = $recurring->account;
        $counter = $account->invoice_number_counter;
        do {
            $number = $account->recurring_invoice_number_prefix
                . str_pad($counter++, $account->invoice_number_padding, '0', STR_PAD_LEFT);
        } while (Invoice::query()->where('account_id = ? AND invoice_number = ?', $account->id, $number)
            ->withTrashed()->count());
        $account->update(['invoice_number_counter' => $counter]);

        return $number;
    }
}
