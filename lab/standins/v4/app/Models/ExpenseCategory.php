<?php

namespace App\Models;

class ExpenseCategory extends Model
{
    public const TABLE = 'expense_categories';
}
