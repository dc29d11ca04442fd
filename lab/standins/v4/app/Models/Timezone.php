<?php

namespace App\Models;

class Timezone extends Model
{
    public const TABLE = 'timezones';
    public const SOFT_DELETES = false;
}
