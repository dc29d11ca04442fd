<?php

namespace App\Jobs\Util;

use App\Models\Record;
use Illuminate\Queue\Queueable;

/** Asks for the newest version (here nobody answers, as behind a firewall) and tidies a few records. */
class VersionCheck extends Queueable
{
    public function handle(): void
    {
        nlog('latest version = ');
        foreach (Record::allWhere('companies', []) as $company) {
            $settings = $company->json('settings');
            app()->db()->execute('update `clients` set `country_id` = ? where `country_id` is null and `company_id` = ?', [
                $settings->country_id ?? null, $company->id,
            ]);
            app()->db()->execute("update `vendors` set `currency_id` = ? where (`currency_id` is null or `currency_id` = '') and `company_id` = ?", [
                $settings->currency_id ?? null, $company->id,
            ]);
        }
        app()->db()->execute('update `client_contacts` set `send_email` = 0 where `email` is null and `send_email` = 1');
        app()->db()->execute('update `client_contacts` set `contact_key` = ? where `contact_key` is null', [random_key(32)]);
    }
}
