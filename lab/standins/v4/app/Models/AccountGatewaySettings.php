<?php

namespace App\Models;

class AccountGatewaySettings extends Model
{
    public const TABLE = 'account_gateway_settings';
    public const SOFT_DELETES = false;
}
