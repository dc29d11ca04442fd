<?php

namespace App\Listeners\User;

use App\Jobs\Mail\NinjaMailerJob;
use App\Jobs\Util\SystemLogger;
use App\Models\Record;
use Illuminate\Queue\Queueable;

/** After a login: remembers when and from where, and mails the user about a new address. */
class UpdateUserLastLogin extends Queueable
{
    private const CATEGORY_SECURITY = 5;

    private const EVENT_USER = 60;

    private const TYPE_LOGIN_SUCCESS = 500;

    public function __construct(protected Record $user, protected Record $company, protected string $ip)
    {
    }

    public function handle(): void
    {
        $this->user->last_login = now();
        $this->user->save();
        $key = "user_logged_in_{$this->user->id}{$this->company->db}";
        if ($this->user->ip !== $this->ip && ! app()->cache()->has($key) && $this->user->user_logged_in_notification) {
            $text = "New login detected for your account.\n\n"
                . "You recently logged in to your Invoice Ninja account from a new location or device:\n\n"
                . "IP: {$this->ip}\nTime: " . now() . "\nEmail: {$this->user->email}\n\n\n"
                . "Created by https://invoiceninja.com | Create. Send. Get Paid.\n";
            $first = Record::firstWhere('companies', ['account_id' => $this->user->account_id]);
            NinjaMailerJob::dispatch('New login detected for your account.', $text, $this->user, $first);
            $this->user->ip = $this->ip;
            $this->user->save();
        }
        app()->cache()->put($key, true, 60 * 24);
        SystemLogger::dispatch(
            "New login detected for your account. {$this->ip}",
            self::CATEGORY_SECURITY,
            self::EVENT_USER,
            self::TYPE_LOGIN_SUCCESS,
            $this->company
        );
    }
}
