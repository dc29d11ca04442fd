<?php

namespace App\Models;

class Currency extends Model
{
    public const TABLE = 'currencies';
    public const SOFT_DELETES = false;
}
