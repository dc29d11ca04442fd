<?php

namespace App\Models;

class VendorContact extends Model
{
    public const TABLE = 'vendor_contacts';
}
