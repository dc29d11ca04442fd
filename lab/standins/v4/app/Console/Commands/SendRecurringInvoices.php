<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Models\Invoice;
use App\Models\RecurringExpense;
use App\Services\RecurringInvoices;
use App\Support\Errors;
use App\Support\Mailer;

/** Makes the invoices that are due today. It has no --force, although V4's own schedule calls it with one. */
class SendRecurringInvoices extends Command
{
    public const OPTIONS = ['database' => true];
    public const DESCRIPTION = 'Send recurring invoices';

    public function handle(): ?int
    {
        $this->info(date('r') . ' Running SendRecurringInvoices...');
        $this->createInvoices();
        $expenses = RecurringExpense::query()->where('is_deleted = 0 AND start_date <= NOW()')
            ->where('end_date IS NULL OR end_date >= NOW()')->get();
        $this->info(date('r ') . count($expenses) . ' recurring expenses(s) found');
        $this->info(date('r') . ' Done');

        return null;
    }

    private function createInvoices(): void
    {
        $invoices = Invoice::query()->where('is_deleted = 0 AND is_recurring = 1 AND is_public = 1 AND frequency_id > 0')
            ->where('start_date <= NOW() AND (end_date IS NULL OR end_date >= NOW())')->orderBy('id')->get();
        $this->info(date('r ') . ' Recurring invoice(s) found');
        foreach ($invoices as $recurring) {
            if (! $recurring->shouldSendToday()) {
                continue;
            }
            $this->info(date('r') . ' Processing Invoice: ' . $recurring->id);
            if ($recurring->account->account_email_settings->is_disabled) { // forwarded to V5
                continue;
            }
            try {
                $invoice = (new RecurringInvoices())->create($recurring);
                if ($invoice && $recurring->account->auto_email_invoice) {
                    $this->info(date('r') . ' Not billed - Sending Invoice');
                    Mailer::sendInvoice($invoice, 'invoice');
                }
            } catch (\Exception $error) {
                $this->info(date('r') . ' Error: ' . $error->getMessage());
                Errors::log(Errors::text($error));
            }
        }
    }
}
