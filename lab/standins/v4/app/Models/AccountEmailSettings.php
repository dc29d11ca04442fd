<?php

namespace App\Models;

class AccountEmailSettings extends Model
{
    public const TABLE = 'account_email_settings';
    public const SOFT_DELETES = false;
}
