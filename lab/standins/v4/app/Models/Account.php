<?php

namespace App\Models;

use DateTime;
use DateTimeZone;

class Account extends Model
{
    public const TABLE = 'accounts';

    public function company()
    {
        return $this->belongsTo(Company::class, 'company_id');
    }

    public function account_email_settings()
    {
        return AccountEmailSettings::query()->where('account_id = ?', $this->row['id'])->first();
    }

    public function account_tokens()
    {
        return $this->hasMany(AccountToken::class, 'account_id');
    }

    public function clients(): Query
    {
        return $this->hasMany(Client::class, 'account_id');
    }

    public function __get(string $name)
    {
        $value = parent::__get($name);

        return in_array($name, ['custom_fields', 'custom_messages'], true) ? json_decode($value ?: '{}') : $value;
    }

    public function customMessage(string $type): string
    {
        return $this->custom_messages->$type ?? '';
    }

    public function getLogoURL(): ?string
    {
        return $this->logo ? url('/logo/' . $this->logo) : null;
    }

    public function displayName(): string
    {
        return $this->name ?: trans('texts.untitled_account');
    }

    /** A moment in UTC, shown in the account's time zone (15, US/Eastern, when it has none). */
    public function getDateTime(string $moment): DateTime
    {
        $zone = Timezone::find($this->timezone_id);

        return (new DateTime($moment))->setTimezone(new DateTimeZone($zone ? $zone->name : 'US/Eastern'));
    }
}
