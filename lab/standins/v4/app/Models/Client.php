<?php

namespace App\Models;

class Client extends Model
{
    public const TABLE = 'clients';

    public function account()
    {
        return $this->belongsTo(Account::class, 'account_id');
    }

    public function currency()
    {
        return $this->belongsTo(Currency::class, 'currency_id');
    }
}
