<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Models\Account;
use App\Models\Invoice;
use App\Support\DB;
use App\Support\Mailer;

/** Reminds clients of what they owe; an account that was forwarded to V5 (is_disabled) is left out. */
class SendReminders extends Command
{
    public const OPTIONS = ['database' => true];
    public const DESCRIPTION = 'Send reminder emails';

    public function handle(): ?int
    {
        $this->info(date('r') . ' Running SendReminders...');
        $due = Invoice::query()->where('is_deleted = 0 AND is_recurring = 0 AND is_public = 1 AND balance > 0')
            ->where('due_date = ? AND recurring_invoice_id IS NOT NULL', date('Y-m-d'))->count();
        $this->info(date('r ') . $due . ' due recurring invoice instance(s) found');
        $this->countFees();
        $this->sendReminderEmails();
        $reports = DB::value('SELECT COUNT(*) FROM scheduled_reports WHERE deleted_at IS NULL AND send_date <= CURDATE()');
        $this->info(date('r ') . $reports . ' scheduled reports');
        DB::run('UPDATE currencies SET exchange_rate = 1');
        $this->info(date('r') . ' Done');

        return null;
    }

    private function countFees(): void
    {
        $accounts = DB::value('SELECT COUNT(*) FROM account_email_settings WHERE late_fee1_amount > 0
            OR late_fee1_percent > 0 OR late_fee2_amount > 0 OR late_fee2_percent > 0 OR late_fee3_amount > 0
            OR late_fee3_percent > 0');
        $this->info(date('r ') . $accounts . ' accounts found with fees enabled');
    }

    private function sendReminderEmails(): void
    {
        $accounts = Account::query()
            ->where('enable_reminder1 = 1 OR enable_reminder2 = 1 OR enable_reminder3 = 1 OR enable_reminder4 = 1')->get();
        $this->info(date('r ') . count($accounts) . ' accounts found with reminders enabled');
        foreach ($accounts as $account) {
            if ($account->account_email_settings->is_disabled) {
                continue;
            }
            $invoices = $this->find($account);
            $this->info(date('r ') . $account->name . ': ' . count($invoices) . ' invoices found');
            foreach ($invoices as $invoice) {
                if ($invoice->last_sent_date !== date('Y-m-d')) {
                    $this->info(date('r') . ' Send email: ' . $invoice->id);
                    Mailer::sendInvoice($invoice, 'reminder');
                }
            }
            $this->info(date('r ') . $account->name . ': 0 endless invoices found');
        }
    }

    /** @return Invoice[] open invoices whose date is as many days away as one of the account's reminders says */
    private function find(Account $account): array
    {
        $conditions = [];
        foreach ([1, 2, 3] as $number) {
            if (! $account->{"enable_reminder{$number}"}) {
                continue;
            }
            $sign = $account->{"direction_reminder{$number}"} == 1 ? '-' : '+';
            $date = date('Y-m-d', strtotime($sign . $account->{"num_days_reminder{$number}"} . ' days'));
            $conditions[] = $account->{"field_reminder{$number}"} == 1
                ? "due_date = '{$date}' OR partial_due_date = '{$date}'"
                : "invoice_date = '{$date}'";
        }

        return ! $conditions ? [] : Invoice::query()
            ->where('account_id = ? AND invoice_type_id = ? AND balance > 0', $account->id, INVOICE_TYPE_STANDARD)
            ->where('is_recurring = 0 AND is_public = 1')
            ->where('client_id IN (SELECT id FROM clients WHERE send_reminders = 1 AND deleted_at IS NULL)')
            ->where(implode(' OR ', $conditions))->get();
    }
}
