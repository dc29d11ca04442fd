<?php

namespace App\Jobs\Ninja;

use App\Models\Record;

/**
 * The check at the end of an import. It is no proof of anything: two of its counts are always 0, and the last ones compare a number
 * with a text, so they count every record.
 */
class CheckCompanyData
{
    private const LINKS = ['activities' => ['invoice', 'client', 'client_contact', 'payment'], 'invoices' => ['client'], 'payments' => ['client']];

    public function __construct(private readonly Record $company)
    {
    }

    /** @return array<int|string, mixed> */
    public function handle(): array
    {
        $id = $this->company->id;
        $data = [
            $this->wrongBalances($id) . ' clients with incorrect balances',
            '0 clients with incorrect invoice balances',
            '0 clients with incorrect paid to dates',
            '0 clients with incorrect client balances',
            $this->contactsWithoutKey($id) . ' contacts without a contact_key',
            $this->clientsByContacts($id, '= 0') . ' clients without any contacts',
            $this->clientsByContacts($id, '!= 1', ' and k.`is_primary` = 1') . ' clients without a single primary contact',
        ];
        foreach (self::LINKS as $table => $kinds) {
            foreach ($kinds as $kind) {
                $count = (int) app()->db()->value(
                    "select count(*) from `{$table}` inner join `{$kind}s` on `{$kind}s`.`id` = `{$table}`.`{$kind}_id` where `{$table}`.`company_id` != ?",
                    ["{$kind}s.company_id"]
                );
                if ($count > 0) {
                    $data[] = "{$count} {$table} records with incorrect {$kind} company id";
                }
            }
        }
        $data['company_hash'] = null;
        nlog(true);
        nlog($data);
        return $data;
    }

    private function contactsWithoutKey(int $id): int
    {
        return (int) app()->db()->value('select count(*) from `client_contacts` where `company_id` = ? and `contact_key` is null', [$id]);
    }

    private function wrongBalances(int $id): int
    {
        return (int) app()->db()->value(
            'select count(*) from (select c.`id` from `clients` c join `invoices` i on i.`client_id` = c.`id` where c.`company_id` = ? and i.`is_deleted` = 0'
            . ' and i.`status_id` in (2, 3) group by c.`id`, c.`balance` having round(sum(i.`balance`), 4) != round(c.`balance`, 4)) wrong',
            [$id]
        );
    }

    private function clientsByContacts(int $id, string $condition, string $which = ''): int
    {
        return (int) app()->db()->value(
            'select count(*) from (select c.`id` from `clients` c left join `client_contacts` k on k.`client_id` = c.`id` and k.`deleted_at` is null' . $which
            . " where c.`company_id` = ? group by c.`id` having count(k.`id`) {$condition}) wrong",
            [$id]
        );
    }
}
