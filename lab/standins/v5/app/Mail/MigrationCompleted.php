<?php

namespace App\Mail;

use App\Models\Accounts;
use App\Models\Record;
use Illuminate\Mail\Message;

class MigrationCompleted
{
    private const COUNTS = ['clients' => 'Clients', 'products' => 'Products', 'invoices' => 'Invoices', 'payments' => 'Payments',
        'recurring_invoices' => 'Recurring Invoices', 'quotes' => 'Quotes', 'credits' => 'Credits', 'projects' => 'Projects', 'tasks' => 'Tasks',
        'vendors' => 'Vendors', 'expenses' => 'Expenses', 'company_gateways' => 'Gateways', 'client_gateway_tokens' => 'Tokens',
        'tax_rates' => 'Tax Rates', 'documents' => 'Documents'];

    public static function message(Record $user, Record $company): Message
    {
        $url = (string) config('ninja.app_url');
        $logo = (string) ($company->json('settings')->company_logo ?? '') ?: "{$url}/images/blank.png";
        $text = "Hello, here is the output of your recent import job.\n\nIf your logo imported correctly it will available display below. "
            . "If it didn't import, you'll need to reupload your logo\n\n{$logo}\n\n";
        foreach (self::COUNTS as $table => $label) {
            $count = (int) app()->db()->value("select count(*) from `{$table}` where `company_id` = ?", [$company->id]);
            $text .= $count > 0 ? "    {$label}: {$count} \n\n" : "\n";
        }
        return new Message(
            $user->email,
            Accounts::userName($user),
            'Migration Completed',
            "{$text}{$url}\n\nRegards,\n\nThe Invoice Ninja Team\n\n\n"
        );
    }
}
