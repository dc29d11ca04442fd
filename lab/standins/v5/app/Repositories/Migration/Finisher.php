<?php

namespace App\Repositories\Migration;

use App\Jobs\Ninja\CheckCompanyData;
use App\Jobs\Util\Import;
use App\Jobs\Util\VersionCheck;
use App\Mail\MigrationCompleted;
use App\Models\Record;
use Exception;

/** What follows the last resource: default statuses, balances, the check, the mail and the mark of completion in the log. */
class Finisher
{
    private const LARGE = 500;

    private const CREATE_CLIENT = 1;

    public function __construct(private readonly Import $import)
    {
    }

    /** @param array<string, mixed> $data the whole export */
    public function finish(array $data): void
    {
        $company = $this->import->company;
        foreach (['Backlog', 'Ready to do', 'In progress', 'Done'] as $i => $name) {
            (new Record('task_statuses', ['name' => $name, 'company_id' => $company->id, 'user_id' => $this->import->user->id, 'status_order' => $i + 1]))->save();
        }
        app()->db()->update('accounts', ['default_company_id' => $company->id, 'is_migrated' => 1], (int) $company->account_id);
        if ($this->isLarge((int) $company->id)) {
            app()->db()->execute('update `companies` set `is_large` = 1 where `account_id` = ?', [$company->account_id]);
        }
        $this->openBalances((int) $company->id);
        (new CheckCompanyData($company))->handle();
        Import::requireArray('processNinjaTokens', 'data', $data['ninja_tokens']);
        $this->ninjaTokens($data['ninja_tokens']);
        try {
            if (! $this->import->silent) {
                app()->mailer()->send(MigrationCompleted::message($this->import->user, $company));
            }
        } catch (Exception $e) {
            nlog($e->getMessage());
        }
        VersionCheck::dispatch();
        info('Completed🚀🚀🚀🚀🚀 at ' . now());
    }

    private function isLarge(int $companyId): bool
    {
        foreach (['invoices', 'products', 'clients'] as $table) {
            if ((int) app()->db()->value("select count(*) from `{$table}` where `company_id` = ?", [$companyId]) > self::LARGE) {
                return true;
            }
        }
        return false;
    }

    /** A client's balance becomes the sum of its invoices' balances, written into the ledger. */
    private function openBalances(int $companyId): void
    {
        foreach (Record::allWhere('clients', ['company_id' => $companyId], ' and `deleted_at` is null order by `id`') as $client) {
            $balance = app()->db()->value(
                'select coalesce(sum(`balance`), 0) from `invoices` where `client_id` = ? and `is_deleted` = 0 and `status_id` > 1',
                [$client->id]
            );
            (new Record('company_ledgers', [
                'company_id' => $companyId, 'user_id' => $client->user_id, 'adjustment' => $balance, 'notes' => 'Migrated Client Balance', 'hash' => '',
                'client_id' => $client->id, 'balance' => $balance, 'activity_id' => self::CREATE_CLIENT, 'company_ledgerable_id' => $client->id,
                'company_ledgerable_type' => 'App\\Models\\Client',
            ]))->save();
            $client->balance = $balance;
            $client->save();
        }
    }

    private function ninjaTokens(array $tokens): void
    {
        nlog('attempting to process Ninja Tokens');
    }
}
