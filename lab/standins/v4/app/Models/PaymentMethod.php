<?php

namespace App\Models;

class PaymentMethod extends Model
{
    public const TABLE = 'payment_methods';

    public function payment_type()
    {
        return $this->belongsTo(PaymentType::class, 'payment_type_id');
    }
}
