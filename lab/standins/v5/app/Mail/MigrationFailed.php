<?php

namespace App\Mail;

use App\Models\Accounts;
use App\Models\Record;
use Illuminate\Mail\Message;
use Throwable;

class MigrationFailed
{
    public static function message(Record $user, Record $company, Throwable $e): Message
    {
        $name = Accounts::companyName($company);
        $reason = "    {$e->getMessage()}\n";
        return new Message($user->email, Accounts::userName($user), 'Migration Failed', "Migration failed\n\n"
            . "Looks like something went wrong with the migration for the following company: {$name}\n\n{$reason}{$reason}\n");
    }
}
