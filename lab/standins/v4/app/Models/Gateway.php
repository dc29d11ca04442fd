<?php

namespace App\Models;

class Gateway extends Model
{
    public const TABLE = 'gateways';
    public const SOFT_DELETES = false;
}
