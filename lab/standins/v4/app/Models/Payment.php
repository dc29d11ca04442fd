<?php

namespace App\Models;

class Payment extends Model
{
    public const TABLE = 'payments';

    public function client()
    {
        return $this->belongsTo(Client::class, 'client_id', true);
    }
}
