<?php

namespace App\Models;

class Company extends Model
{
    public const TABLE = 'companies';
}
