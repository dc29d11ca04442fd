<?php

namespace App\Models;

class Vendor extends Model
{
    public const TABLE = 'vendors';

    public function vendor_contacts()
    {
        return $this->hasMany(VendorContact::class, 'vendor_id');
    }
}
