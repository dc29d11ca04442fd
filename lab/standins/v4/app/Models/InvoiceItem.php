<?php

namespace App\Models;

class InvoiceItem extends Model
{
    public const TABLE = 'invoice_items';
}
