<?php

namespace App\Console\Commands;

use App\Models\Accounts;
use App\Models\Record;
use Illuminate\Console\Command;

/** Looks for contradictions in the data. It mends some small things while it looks, and exits 0 whatever it finds. */
class CheckData extends Command
{
    private const LINKS = [
        'activities' => ['invoice', 'client', 'client_contact', 'payment', 'recurring_invoice'],
        'invoices' => ['client'],
        'payments' => ['client'],
    ];

    public string $name = 'ninja:check-data';

    protected array $options = ['database' => null, 'fix' => null, 'portal_url' => null, 'client_id' => null, 'vendor_id' => null, 'paid_to_date' => null,
        'client_balance' => null, 'ledger_balance' => null, 'balance_status' => null, 'bank_transaction' => null];

    private bool $valid = true;

    public function handle(): int
    {
        $started = microtime(true);
        $mode = $this->option('fix') ? 'Fixing Issues' : 'Just checking issues ';
        $this->say(date('Y-m-d h:i:s') . ' Running CheckData... on ' . ($this->option('database') ?: 'Connected to Default DB') . " Fix Status = {$mode}");
        $this->balances();
        $this->balancesWithoutInvoices();
        $this->paidToDates();
        $this->contacts();
        $this->vendorContacts();
        $this->invitations();
        $this->companyIds();
        $this->paidInvoices();
        $this->tokens();
        $this->contactMail();
        $this->paymentCurrencies();
        $this->expenseRates();
        if (! $this->option('client_id')) {
            $this->count('users with duplicate oauth ids', true, 'select `oauth_user_id` from `users`'
                . ' where `oauth_user_id` is not null group by `oauth_user_id` having count(*) > 1');
        }
        $this->say('Done: ' . ($this->valid ? 'SUCCESS' : 'FAILURE'));
        $this->say('Total execution time in seconds: ' . (microtime(true) - $started));
        return 0;
    }

    private function say(string $text): void
    {
        $this->output->line(date('Y-m-d h:i:s') . " {$text}");
    }

    /** Prints the number of rows of a query; with $strict any row makes the check fail. */
    private function count(string $what, bool $strict, string $sql): void
    {
        $count = count(app()->db()->select($sql));
        $this->say("{$count} {$what}");
        if ($strict && $count > 0) {
            $this->valid = false;
        }
    }

    private function clientName(array $row): string
    {
        return (string) ($row['name'] ?? '');
    }

    private function balances(): void
    {
        $wrong = 0;
        $rows = app()->db()->select(
            'select c.`id`, c.`name`, c.`number`, c.`balance`, sum(i.`balance`) as total from `clients` c join `invoices` i on i.`client_id` = c.`id`'
            . ' where i.`is_deleted` = 0 and c.`is_deleted` = 0 and i.`status_id` in (2, 3)'
            . ' group by c.`id`, c.`name`, c.`number`, c.`balance` having total != c.`balance` order by c.`id`'
        );
        foreach ($rows as $row) {
            $wrong++;
            $this->valid = false;
            $ledger = Record::allWhere('company_ledgers', ['client_id' => $row['id']], ' order by `id` desc limit 1')[0] ?? null;
            $ledgerBalance = $ledger?->balance ?? 0;
            $this->say("# {$row['id']} {$this->clientName($row)} - {$row['number']} - Balance Failure - Invoice Balances = {$row['total']}"
                . " Client Balance = {$row['balance']} Ledger Balance = {$ledgerBalance}");
            if ($this->option('client_balance')) {
                $this->say("# {$row['id']} {$this->clientName($row)} - {$row['number']} Fixing {$row['balance']} to {$row['total']}");
                app()->db()->update('clients', ['balance' => $row['total']], $row['id']);
            }
            if ($ledger !== null && round((float) $row['total'], 4) !== round((float) $ledger->balance, 4)) {
                $ledger->adjustment = $row['total'];
                $ledger->balance = $row['total'];
                $ledger->notes = 'Ledger Adjustment';
                $ledger->save();
            }
        }
        $this->say("{$wrong} clients with incorrect balances");
    }

    private function balancesWithoutInvoices(): void
    {
        $rows = app()->db()->select(
            'select c.* from `clients` c where c.`is_deleted` = 0 and c.`deleted_at` is null and c.`balance` != 0 and not exists'
            . ' (select 1 from `invoices` i where i.`client_id` = c.`id` and i.`is_deleted` = 0 and i.`status_id` in (2, 3))'
        );
        foreach ($rows as $row) {
            $this->valid = false;
            $over = -1 * (float) app()->db()->value(
                'select sum(`amount` - `applied`) from `payments` where `client_id` = ? and `is_deleted` = 0 and `deleted_at` is null and `status_id` in (1, 4)',
                [$row['id']]
            );
            if ($over !== (float) $row['balance']) {
                $this->say("# {$row['id']} # {$row['name']} {$row['balance']} is invalid should be {$over}");
                if ($this->option('client_balance')) {
                    app()->db()->update('clients', ['balance' => $over], $row['id']);
                }
            }
        }
    }

    private function paidToDates(): void
    {
        $wrong = 0;
        $rows = app()->db()->select(
            'select c.`id`, c.`name`, c.`number`, c.`paid_to_date`, sum(coalesce(p.`amount` - p.`refunded`, 0)) as applied from `clients` c'
            . ' inner join `payments` p on c.`id` = p.`client_id` where p.`status_id` in (1, 4, 5, 6) and c.`is_deleted` = 0 and p.`is_deleted` = 0'
            . ' group by c.`id`, c.`name`, c.`number`, c.`paid_to_date` having applied != c.`paid_to_date` order by c.`id`'
        );
        foreach ($rows as $row) {
            $credits = app()->db()->value(
                "select sum(l.`amount` - l.`refunded`) from `payments` p left join `paymentables` l on p.`id` = l.`payment_id`"
                . " where l.`paymentable_type` = 'App\\\\Models\\\\Credit'"
                . ' and l.`deleted_at` is null and l.`amount` > 0 and p.`is_deleted` = 0 and p.`client_id` = ?',
                [$row['id']]
            );
            $total = (float) $row['applied'] + (float) $credits;
            if (round($total, 2) === round((float) $row['paid_to_date'], 2)) {
                continue;
            }
            $wrong++;
            $this->valid = false;
            $this->say("{$this->clientName($row)} id = # {$row['id']} - Client Paid To Date = {$row['paid_to_date']} != Invoice Payments = {$total}"
                . " - {$row['applied']} + {$credits}");
            if ($this->option('paid_to_date')) {
                $this->say("# {$row['id']} {$this->clientName($row)} - {$row['number']} Fixing {$row['paid_to_date']} to {$total}");
                app()->db()->update('clients', ['paid_to_date' => $total], $row['id']);
            }
        }
        $this->say("{$wrong} clients with incorrect paid to dates");
    }

    private function contacts(): void
    {
        $this->count('contacts without a contact_key', true, 'select `id` from `client_contacts` where `contact_key` is null');
        $sql = 'select c.`id`, c.`user_id`, c.`company_id` from `clients` c left join `client_contacts` k on k.`client_id` = c.`id` and k.`deleted_at` is null'
            . ' group by c.`id`, c.`user_id`, c.`company_id` having count(k.`id`) = 0';
        $missing = app()->db()->select($sql);
        $this->count('clients without any contacts', true, $sql);
        foreach ($this->option('fix') === 'true' ? $missing : [] as $row) {
            $this->say("Fixing missing contacts #{$row['id']}");
            (new Record('client_contacts', ['company_id' => $row['company_id'], 'user_id' => $row['user_id'], 'client_id' => $row['id'], 'is_primary' => 1,
                'contact_key' => random_key(40), 'password' => '']))->save();
        }
    }

    private function vendorContacts(): void
    {
        $this->count('contacts without a contact_key', true, 'select `id` from `vendor_contacts` where `contact_key` is null');
        $this->count('vendors without any contacts', true, 'select v.`id` from `vendors` v where not exists'
            . ' (select 1 from `vendor_contacts` k where k.`vendor_id` = v.`id` and k.`deleted_at` is null)');
    }

    /** Gives every document that has no invitation one for a contact of its client. */
    private function invitations(): void
    {
        foreach (['invoice', 'quote', 'credit', 'recurring_invoice'] as $name) {
            $rows = app()->db()->select(
                "select e.* from `{$name}s` e where e.`deleted_at` is null and not exists"
                . " (select 1 from `{$name}_invitations` i where i.`{$name}_id` = e.`id` and i.`deleted_at` is null)"
            );
            foreach ($rows as $row) {
                $contact = Record::firstWhere('client_contacts', ['company_id' => $row['company_id'], 'client_id' => $row['client_id']]);
                if ($contact === null) {
                    $this->say("No contact present, so cannot add invitation for {$name}_id - {$row['id']}");
                    continue;
                }
                $this->say("Add invitation for {$name}_id - {$row['id']}");
                $invitation = \App\Repositories\Migration\Blank::invitation($name, Record::fromRow("{$name}s", $row));
                $invitation->client_contact_id = $contact->id;
                $invitation->save();
            }
        }
    }

    private function companyIds(): void
    {
        foreach (self::LINKS as $table => $kinds) {
            foreach ($kinds as $kind) {
                $count = (int) app()->db()->value(
                    "select count(*) from `{$table}` a join `{$kind}s` b on b.`id` = a.`{$kind}_id` where a.`company_id` != b.`company_id`"
                );
                if ($count > 0) {
                    $this->valid = false;
                    $this->say("{$count} {$table} records with incorrect {$kind} company id");
                }
            }
        }
    }

    private function paidInvoices(): void
    {
        $rows = app()->db()->select(
            'select i.* from `invoices` i where i.`is_deleted` = 0 and i.`deleted_at` is null and i.`balance` > 0 and i.`status_id` = 4 and exists'
            . " (select 1 from `paymentables` l where l.`paymentable_id` = i.`id` and l.`paymentable_type` = 'invoices')"
        );
        foreach ($rows as $row) {
            $this->say("# {$row['id']}  - {$row['number']} - Marked as paid, but balance = {$row['balance']}");
            if ($this->option('balance_status')) {
                app()->db()->update('invoices', ['balance' => 0, 'paid_to_date' => $row['balance']], $row['id']);
                $this->say("Fixing {$row['id']} settings payment to {$row['balance']}");
            }
        }
        $this->say(count($rows) . ' wrong invoices with bad balance state');
    }

    private function tokens(): void
    {
        foreach (Record::allWhere('company_user', []) as $member) {
            $where = ['user_id' => $member->user_id, 'company_id' => $member->company_id, 'is_system' => 1];
            $user = Record::find('users', $member->user_id);
            if (Record::firstWhere('company_tokens', $where) !== null || $user === null) {
                continue;
            }
            $this->say("Creating missing company token for user # {$member->user_id} for company id # {$member->company_id}");
            Accounts::token(Record::find('companies', $member->company_id), $user, 'System');
        }
    }

    private function contactMail(): void
    {
        $sql = 'select `id` from `client_contacts` where `email` is null and `send_email` = 1';
        $this->count('Contacts with Send Email = true but no email address', false, $sql);
    }

    private function paymentCurrencies(): void
    {
        $this->count('Payments with No currency set', true, "select `id` from `payments` where `currency_id` = '' or `currency_id` is null");
    }

    private function expenseRates(): void
    {
        foreach (Record::allWhere('expenses', ['exchange_rate' => 0]) as $expense) {
            $expense->exchange_rate = 1;
            $expense->save();
            $this->say("Fixing - exchange rate for expense :: {$expense->id}");
        }
    }
}
