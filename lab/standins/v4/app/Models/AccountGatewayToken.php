<?php

namespace App\Models;

class AccountGatewayToken extends Model
{
    public const TABLE = 'account_gateway_tokens';
}
