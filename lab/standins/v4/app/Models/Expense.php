<?php

namespace App\Models;

class Expense extends Model
{
    public const TABLE = 'expenses';
}
