<?php

namespace App\Models;

class TaxRate extends Model
{
    public const TABLE = 'tax_rates';
}
