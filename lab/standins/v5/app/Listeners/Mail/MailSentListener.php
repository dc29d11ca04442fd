<?php

namespace App\Listeners\Mail;

use Illuminate\Queue\Queueable;

/** Runs after every mail that was sent; only mails about an invitation are looked at further. */
class MailSentListener extends Queueable
{
    public function handle(): void
    {
    }
}
