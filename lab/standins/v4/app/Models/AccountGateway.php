<?php

namespace App\Models;

class AccountGateway extends Model
{
    public const TABLE = 'account_gateways';

    public function gateway()
    {
        return $this->belongsTo(Gateway::class, 'gateway_id');
    }
}
