<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Support\DB;
use Exception;

/** Counts what is wrong in the database; anything wrong ends it with an exception, so with exit status 1. */
class CheckData extends Command
{
    public const OPTIONS = ['fix' => true, 'fast' => true, 'client_id' => true, 'database' => true];
    public const DESCRIPTION = 'Check/fix data';

    private const PAID = 'LEFT JOIN payments ON payments.invoice_id = invoices.id
        AND payments.payment_status_id NOT IN (2, 3) AND payments.is_deleted = 0';

    /** @var string */
    private $log = '';
    /** @var bool */
    private $isValid = true;

    public function handle(): ?int
    {
        $this->say(date('Y-m-d h:i:s') . ' Running CheckData...');
        $this->checkContacts();
        if (! $this->option('client_id')) {
            $this->checkPaidToDate();
            $this->count('draft sent invoices', "SELECT id FROM invoices
                WHERE invoice_status_id = 2 AND is_public = 0 AND updated_at > '2022-01-01'");
        }
        $this->count('invoices with incorrect balances', 'SELECT invoices.id, invoices.amount, invoices.balance,
            COALESCE(SUM(payments.amount - payments.refunded), 0) AS paid
            FROM invoices ' . self::PAID . " WHERE invoices.updated_at > '2022-01-01'
            GROUP BY invoices.id HAVING invoices.amount - invoices.balance != paid");
        $this->checkClientBalances();
        $this->checkUserAccounts();
        if (! $this->option('client_id')) {
            $this->count('users with duplicate oauth ids', 'SELECT oauth_user_id FROM users
                WHERE oauth_user_id IS NOT NULL GROUP BY oauth_user_id HAVING COUNT(id) > 1');
            $this->checkLookups();
            $failed = (int) DB::value('SELECT COUNT(*) FROM failed_jobs');
            $this->isValid = $this->isValid && $failed <= 25;
            $this->say("{$failed} failed jobs");
        }
        $this->say('Done: ' . ($this->isValid ? 'SUCCESS' : 'FAILURE'));
        if (! $this->isValid && ! env('ERROR_EMAIL')) {
            throw new Exception("Check data failed!!\n" . $this->log);
        }

        return null;
    }

    private function say(string $text): void
    {
        $line = date('Y-m-d h:i:s') . ' ' . $text;
        $this->info($line);
        $this->log .= $line . "\n";
    }

    private function count(string $what, string $sql, array $values = []): array
    {
        $rows = DB::select($sql, $values);
        $this->say(count($rows) . ' ' . $what);
        $this->isValid = $this->isValid && ! $rows;

        return $rows;
    }

    private function checkContacts(): void
    {
        $keyless = $this->count('contacts without a contact_key', 'SELECT id FROM contacts WHERE contact_key IS NULL');
        $fix = $this->option('fix') === 'true';
        foreach ($fix ? $keyless : [] as $contact) {
            DB::update('contacts', $contact['id'], ['contact_key' => random_key(RANDOM_KEY_LENGTH)]);
        }
        $only = $this->option('client_id') ? ' WHERE clients.id = ?' : '';
        $values = array_filter([$this->option('client_id')]);
        $lonely = $this->count('clients without any contacts', "SELECT clients.id, clients.user_id, clients.account_id
            FROM clients LEFT JOIN contacts ON contacts.client_id = clients.id AND contacts.deleted_at IS NULL
            {$only} GROUP BY clients.id HAVING COUNT(contacts.id) = 0", $values);
        foreach ($fix ? $lonely : [] as $client) {
            $this->addContact($client);
        }
        $this->count('clients without a single primary contact', "SELECT clients.id FROM clients
            LEFT JOIN contacts ON contacts.client_id = clients.id AND contacts.is_primary = 1
            AND contacts.deleted_at IS NULL {$only} GROUP BY clients.id HAVING COUNT(contacts.id) != 1", $values);
    }

    private function addContact(array $client): void
    {
        $last = DB::value('SELECT MAX(public_id) FROM contacts WHERE account_id = ?', [$client['account_id']]);
        DB::insert('contacts', [
            'account_id' => $client['account_id'],
            'user_id' => $client['user_id'],
            'client_id' => $client['id'],
            'is_primary' => 1,
            'send_invoice' => 1,
            'contact_key' => random_key(RANDOM_KEY_LENGTH),
            'public_id' => $last + 1,
            'created_at' => date('Y-m-d H:i:s'),
            'updated_at' => date('Y-m-d H:i:s'),
        ]);
    }

    private function checkPaidToDate(): void
    {
        $this->count('clients with incorrect paid to date', 'SELECT clients.id, clients.paid_to_date,
            SUM(COALESCE(payments.amount - payments.refunded, 0)) AS paid FROM clients
            LEFT JOIN invoices ON invoices.client_id = clients.id AND invoices.is_deleted = 0 ' . self::PAID . "
            WHERE clients.updated_at > '2017-10-01' GROUP BY clients.id HAVING clients.paid_to_date != paid");
    }

    private function checkClientBalances(): void
    {
        $only = $this->option('client_id') ? ' AND clients.id = ?' : '';
        $clients = $this->count('clients with incorrect balance/activities', "SELECT accounts.company_id,
            clients.account_id, clients.id, clients.balance, SUM(invoices.balance) AS actual
            FROM clients JOIN invoices ON invoices.client_id = clients.id JOIN accounts ON accounts.id = clients.account_id
            WHERE clients.is_deleted = 0 AND invoices.is_deleted = 0 AND invoices.is_public = 1
            AND invoices.invoice_type_id = 1 AND invoices.is_recurring = 0 AND clients.updated_at > '2022-01-01' {$only}
            GROUP BY clients.id HAVING ABS(clients.balance - actual) > .01
            ORDER BY accounts.company_id DESC", array_filter([$this->option('client_id')]));
        foreach ($clients as $client) {
            $this->say("=== Company: {$client['company_id']} Account:{$client['account_id']} Client:{$client['id']} "
                . "Balance:{$client['balance']} Actual Balance:{$client['actual']} ===");
        }
    }

    /** Users that were linked although their accounts belong to different companies. */
    private function checkUserAccounts(): void
    {
        $invalid = 0;
        foreach (DB::select('SELECT * FROM user_accounts') as $link) {
            $users = array_filter([
                $link['user_id1'], $link['user_id2'], $link['user_id3'], $link['user_id4'], $link['user_id5'],
            ]);
            $marks = implode(',', array_fill(0, max(1, count($users)), '?'));
            $companies = DB::value("SELECT COUNT(DISTINCT accounts.company_id) FROM users
                JOIN accounts ON accounts.id = users.account_id WHERE users.id IN ({$marks})", $users ?: [0]);
            if ($companies > 1) {
                $this->info('user_account: ' . $link['id']);
                $invalid++;
            }
        }
        $this->say("{$invalid} user accounts with multiple companies");
        $this->isValid = $this->isValid && $invalid === 0;
    }

    /** The lookup tables are for several databases; on one's own server they are empty. */
    private function checkLookups(): void
    {
        foreach (['account_tokens', 'accounts', 'companies', 'contacts', 'invitations', 'users'] as $table) {
            $count = (int) DB::value("SELECT COUNT(*) FROM lookup_{$table}");
            if ($count > 0) {
                $this->say("Lookup table {$table} has {$count} records");
                $this->isValid = false;
            }
        }
    }
}
