<?php

namespace App\Models;

class PaymentType extends Model
{
    public const TABLE = 'payment_types';
    public const SOFT_DELETES = false;
}
