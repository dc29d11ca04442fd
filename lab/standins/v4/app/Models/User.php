<?php

namespace App\Models;

class User extends Model
{
    public const TABLE = 'users';

    public function account()
    {
        return $this->belongsTo(Account::class, 'account_id');
    }

    public function getDisplayName(): string
    {
        if ($this->first_name || $this->last_name) {
            return $this->first_name . ' ' . $this->last_name;
        }

        return $this->email ?: 'Guest';
    }

    /** Only the owner of an account may migrate it. */
    public function eligibleForMigration(): bool
    {
        return ! $this->public_id;
    }
}
