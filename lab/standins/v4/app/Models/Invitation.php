<?php

namespace App\Models;

class Invitation extends Model
{
    public const TABLE = 'invitations';

    public function invoice()
    {
        return $this->belongsTo(Invoice::class, 'invoice_id', true);
    }

    public function contact()
    {
        return $this->belongsTo(Contact::class, 'contact_id', true);
    }
}
