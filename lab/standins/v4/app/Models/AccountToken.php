<?php

namespace App\Models;

class AccountToken extends Model
{
    public const TABLE = 'account_tokens';

    public function user()
    {
        return $this->belongsTo(User::class, 'user_id');
    }
}
