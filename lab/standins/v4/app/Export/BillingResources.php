<?php

namespace App\Export;

use App\Models\Credit;
use App\Models\Invitation;
use App\Models\Invoice;
use App\Models\InvoiceItem;
use App\Models\Payment;
use App\Support\Auth;
use App\Support\DB;
use DateTime;

/** Invoices, quotes, recurring invoices, credits and payments. */
trait BillingResources
{
    private static $surcharges = [
        'custom_surcharge1' => 'custom_value1', 'custom_surcharge2' => 'custom_value2',
        'custom_value1' => 'custom_text_value1', 'custom_value2' => 'custom_text_value2',
        'custom_surcharge_tax1' => 'custom_taxes1', 'custom_surcharge_tax2' => 'custom_taxes2',
    ];

    protected function getInvoices(): array
    {
        $invoices = Invoice::query()
            ->where('account_id = ? AND invoice_type_id = ? AND is_recurring = 0', $this->account->id, INVOICE_TYPE_STANDARD)
            ->withTrashed()->get();
        info('get invoices -> ' . count($invoices));

        return array_map(function (Invoice $invoice) {
            return Fields::of($invoice, '
                id client_id user_id company_id=account_id status_id design_id number=invoice_number discount
                is_amount_discount?false po_number? date=invoice_date last_sent_date due_date uses_inclusive_taxes
                is_deleted footer=invoice_footer? public_notes? private_notes? terms? tax_name1 tax_name2 tax_rate1
                tax_rate2 ' . $this->surchargeFields() . ' next_send_date amount?0 balance?0 partial?0 partial_due_date
                line_items created_at updated_at deleted_at invitations auto_bill_enabled=auto_bill
                recurring_id=recurring_invoice_id', [
                'status_id' => Codes::invoiceStatus($invoice->invoice_status_id, $invoice->is_public),
                'design_id' => Codes::design($invoice->invoice_design_id),
                'uses_inclusive_taxes' => $this->account->inclusive_taxes,
                'next_send_date' => null,
                'line_items' => $this->getInvoiceItems($invoice->invoice_items),
                'invitations' => $this->getResourceInvitations($invoice->invitations, 'invoice_id'),
            ]);
        }, $invoices);
    }

    protected function getQuotes(): array
    {
        $quotes = Invoice::query()
            ->where('account_id = ? AND invoice_type_id = ?', $this->account->id, INVOICE_TYPE_QUOTE)
            ->withTrashed()->get();
        info('get quotes => ' . count($quotes));

        return array_map(function (Invoice $quote) {
            return Fields::of($quote, '
                id client_id user_id company_id=account_id status_id design_id number=invoice_number discount
                is_amount_discount?false po_number? date=invoice_date last_sent_date due_date uses_inclusive_taxes
                is_deleted footer=invoice_footer? public_notes? private_notes? terms? tax_name1 tax_name2 tax_rate1
                tax_rate2 invoice_id ' . $this->surchargeFields() . ' next_send_date amount?0 balance?0 partial?0
                partial_due_date line_items created_at updated_at deleted_at invitations', [
                'status_id' => Codes::quoteStatus($quote),
                'design_id' => Codes::design($quote->invoice_design_id),
                'uses_inclusive_taxes' => $this->account->inclusive_taxes,
                'is_deleted' => (bool) $quote->is_deleted,
                'invoice_id' => $this->getPrivateId($quote->quote_invoice_id),
                'next_send_date' => null,
                'line_items' => $this->getInvoiceItems($quote->invoice_items),
                'invitations' => $this->getResourceInvitations($quote->invitations, 'quote_id'),
            ]);
        }, $quotes);
    }

    /** V4 takes quote_invoice_id, an id, for a public_id of the account of who is logged in. */
    private function getPrivateId($publicId)
    {
        $account = Auth::user()->account_id;

        return $publicId
            ? DB::value('SELECT id FROM invoices WHERE account_id = ? AND public_id = ? LIMIT 1', [$account, $publicId])
            : null;
    }

    private function surchargeFields(): string
    {
        $words = [];
        foreach (self::$surcharges as $key => $column) {
            $words[] = "{$key}={$column}?";
        }

        return implode(' ', $words);
    }

    protected function getRecurringInvoices(): array
    {
        $invoices = Invoice::query()
            ->where('account_id = ? AND amount >= 0 AND is_recurring = 1', $this->account->id)->withTrashed()->get();
        info('get recurring invoices => ' . count($invoices));

        return array_map(function (Invoice $invoice) {
            $next = $invoice->getNextSendDate();

            return Fields::of($invoice, '
                id client_id user_id company_id=account_id status_id design_id number discount is_amount_discount?false
                po_number? date=invoice_date last_sent_date due_date uses_inclusive_taxes is_deleted
                footer=invoice_footer public_notes? private_notes? terms? tax_name1 tax_name2 tax_rate1 tax_rate2
                tax_name3 tax_rate3 custom_value1? custom_value2? custom_value3 custom_value4 amount?0 balance?0
                partial?0 partial_due_date line_items created_at updated_at deleted_at next_send_date frequency_id
                due_date_days remaining_cycles invitations auto_bill_enabled auto_bill', [
                'status_id' => Codes::recurringStatus($invoice),
                'design_id' => Codes::design($invoice->invoice_design_id),
                'number' => '',
                'uses_inclusive_taxes' => $this->account->inclusive_taxes,
                'is_deleted' => (bool) $invoice->is_deleted,
                'tax_name3' => '',
                'tax_rate3' => 0,
                'custom_value3' => '',
                'custom_value4' => '',
                'line_items' => $this->getInvoiceItems($invoice->invoice_items),
                'next_send_date' => $next ? $next->format('Y-m-d') : null,
                'frequency_id' => Codes::frequency($invoice->frequency_id),
                'due_date_days' => $this->getDueDateDays($invoice),
                'remaining_cycles' => $this->getRemainingCycles($invoice),
                'invitations' => $this->getResourceInvitations($invoice->invitations, 'recurring_invoice_id'),
                'auto_bill_enabled' => $invoice->auto_bill === 4 ? 1 : $invoice->client_enable_auto_bill,
                'auto_bill' => Codes::autoBill($invoice->auto_bill),
            ]);
        }, $invoices);
    }

    private function getDueDateDays(Invoice $invoice): string
    {
        $parts = explode('-', (string) $invoice->due_date);
        if ($invoice->frequency_id === 1 || count($parts) < 3) {
            return 'terms';
        }

        return $parts[2] === '00' ? '0' : $parts[2];
    }

    /** @return int|float cycles until the end date; -1 without one. V4 halves and thirds without rounding. */
    private function getRemainingCycles($record)
    {
        if (! $record->end_date) {
            return -1;
        }
        $gap = (new DateTime($record->end_date))->diff($record->getNextSendDate() ?: new DateTime());
        $weeks = intdiv($gap->days, 7);
        $months = $gap->y * 12 + $gap->m;
        $cycles = [1 => $weeks, $weeks / 2, $weeks / 4, $months, $months / 2, $months / 3, $months / 4, $months / 5,
            $gap->y, $gap->y / 2];

        return $cycles[$record->frequency_id] ?? -1;
    }

    /** @param InvoiceItem[] $items */
    private function getInvoiceItems(array $items): array
    {
        return array_map(function (InvoiceItem $item) {
            return Fields::of($item, '
                id quantity cost product_key notes discount tax_name1 tax_rate1 tax_name2 tax_rate2 tax_name3 tax_rate3
                date custom_value1? custom_value2? custom_value3 custom_value4 type_id', [
                'quantity' => (float) $item->qty,
                'cost' => (float) $item->cost,
                'discount' => (float) $item->discount,
                'tax_name1' => (string) $item->tax_name1,
                'tax_rate1' => (float) $item->tax_rate1,
                'tax_name2' => (string) $item->tax_name2,
                'tax_rate2' => (float) $item->tax_rate2,
                'tax_name3' => '',
                'tax_rate3' => 0.0,
                'date' => $item->created_at ? $item->created_at->toDateString() : date('Y-m-d'),
                'custom_value3' => '',
                'custom_value4' => '',
                'type_id' => (string) $item->invoice_item_type_id,
            ]);
        }, $items);
    }

    /** @param Invitation[] $invitations */
    private function getResourceInvitations(array $invitations, string $key): array
    {
        return array_map(function (Invitation $invitation) use ($key) {
            return Fields::of($invitation, "
                id company_id=account_id user_id client_contact_id=contact_id {$key}=invoice_id key=invitation_key
                transaction_reference message_id email_error? signature_base64 signature_date sent_date viewed_date
                opened_date created_at updated_at deleted_at email_status", ['email_status' => '']);
        }, $invitations);
    }

    /** Credits with an amount that are not deleted, as negative invoices of one line. */
    protected function getCreditsNotes(): array
    {
        $credits = Credit::query()->where('account_id = ? AND amount > 0 AND is_deleted = 0', $this->account->id)
            ->withTrashed()->get();
        info('get credit notes => ' . count($credits));
        $empty = array_fill_keys(['po_number', 'footer', 'terms', 'tax_name1', 'tax_name2', 'tax_name3', 'custom_value1',
            'custom_value2'], '');
        $zero = array_fill_keys(['discount', 'is_amount_discount', 'tax_rate1', 'tax_rate2', 'tax_rate3', 'partial'], 0);
        $null = array_fill_keys(['last_sent_date', 'due_date', 'next_send_date', 'partial_due_date'], null);

        return array_map(function (Credit $credit) use ($empty, $zero, $null) {
            return Fields::of($credit, '
                id client_id user_id company_id=account_id status_id design_id number discount is_amount_discount
                po_number date last_sent_date due_date uses_inclusive_taxes is_deleted footer public_notes private_notes
                terms tax_name1 tax_name2 tax_rate1 tax_rate2 tax_name3 tax_rate3 custom_value1 custom_value2
                next_send_date amount balance partial partial_due_date line_items created_at updated_at deleted_at', [
                'status_id' => 2,
                'design_id' => 2,
                'number' => $credit->credit_number ?: null,
                'uses_inclusive_taxes' => $this->account->inclusive_taxes,
                'amount' => $credit->amount ? $credit->amount * -1 : 0,
                'balance' => $credit->balance ? $credit->balance * -1 : 0,
                'line_items' => $this->getCreditItems($credit->balance),
            ] + $empty + $zero + $null);
        }, $credits);
    }

    private function getCreditItems($balance): array
    {
        info('get credit items');

        return [[
            'id' => '', 'quantity' => 1.0, 'cost' => (float) $balance, 'product_key' => trans('texts.balance'),
            'notes' => trans('texts.credit_balance'), 'discount' => 0, 'tax_name1' => '', 'tax_rate1' => 0,
            'tax_name2' => '', 'tax_rate2' => 0, 'tax_name3' => '', 'tax_rate3' => 0, 'date' => '',
            'custom_value1' => '', 'custom_value2' => '', 'custom_value3' => '', 'custom_value4' => '', 'type_id' => '1',
        ]];
    }

    protected function getPayments(): array
    {
        $payments = Payment::query()
            ->where('account_id = ? AND payment_status_id != ?', $this->account->id, PAYMENT_STATUS_VOIDED)
            ->withTrashed()->get();
        info('get payments => ' . count($payments));

        return array_map(function (Payment $payment) {
            $isDeletedAndDone = $payment->is_deleted && $payment->payment_status_id === 4;

            return Fields::of($payment, '
                id invoices invoice_id company_id=account_id client_id user_id client_contact_id=contact_id invitation_id
                company_gateway_id=account_gateway_id type_id status_id amount?0 applied=amount?0 refunded?0
                date=payment_date transaction_reference? private_notes? payer_id is_deleted exchange_rate
                exchange_currency_id currency_id updated_at created_at deleted_at', [
                'invoices' => [[
                    'invoice_id' => $payment->invoice_id,
                    'amount' => $payment->amount,
                    'refunded' => $payment->refunded,
                ]],
                'type_id' => Codes::paymentType($payment->payment_type_id),
                'status_id' => $isDeletedAndDone ? 2 : $payment->payment_status_id,
                'is_deleted' => (bool) $payment->is_deleted,
                'exchange_rate' => $payment->exchange_rate ? number_format((float) $payment->exchange_rate, 6) : null,
                'currency_id' => $payment->client->currency->id ?? $this->account->currency_id,
            ]);
        }, $payments);
    }
}
