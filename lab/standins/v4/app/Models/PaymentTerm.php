<?php

namespace App\Models;

class PaymentTerm extends Model
{
    public const TABLE = 'payment_terms';
}
