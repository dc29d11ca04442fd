<?php

namespace App\Models;

class Credit extends Model
{
    public const TABLE = 'credits';
}
