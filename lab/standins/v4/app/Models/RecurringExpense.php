<?php

namespace App\Models;

class RecurringExpense extends Model
{
    use HasRecurrence;

    public const TABLE = 'recurring_expenses';

    public function account()
    {
        return $this->belongsTo(Account::class, 'account_id');
    }

    public function user()
    {
        return $this->belongsTo(User::class, 'user_id', true);
    }
}
