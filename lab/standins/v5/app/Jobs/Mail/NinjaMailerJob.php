<?php

namespace App\Jobs\Mail;

use App\Models\Accounts;
use App\Models\Record;
use Exception;
use Illuminate\Mail\Message;
use Illuminate\Queue\Queueable;

/** Mails a user about an account: the company's owner is the reply address, the company's key the tag; a mail that fails is given up. */
class NinjaMailerJob extends Queueable
{
    public function __construct(
        protected string $subject,
        protected string $text,
        protected Record $to_user,
        protected Record $company,
    ) {
    }

    public function handle(): void
    {
        $owner = Record::firstWhere('company_user', ['company_id' => $this->company->id, 'is_owner' => 1]);
        $reply = $owner === null ? $this->to_user : Record::find('users', $owner->user_id);
        $message = new Message(
            $this->to_user->email,
            '',
            $this->subject,
            $this->text,
            ['X-Tag' => $this->company->company_key],
            Accounts::userName($reply) . " <{$reply->email}>",
        );
        try {
            app()->mailer()->send($message);
        } catch (Exception $e) {
            nlog("error failed with {$e->getMessage()}");
        }
    }
}
