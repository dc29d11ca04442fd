<?php

namespace App\Models;

class Invoice extends Model
{
    use HasRecurrence;

    public const TABLE = 'invoices';
    protected const BOOLEANS = ['is_recurring', 'has_tasks', 'client_enable_auto_bill', 'has_expenses'];

    public function account()
    {
        return $this->belongsTo(Account::class, 'account_id');
    }

    public function user()
    {
        return $this->belongsTo(User::class, 'user_id', true);
    }

    public function client()
    {
        return $this->belongsTo(Client::class, 'client_id', true);
    }

    public function invoice_items()
    {
        return $this->hasMany(InvoiceItem::class, 'invoice_id')->orderBy('id');
    }

    public function invitations()
    {
        return $this->hasMany(Invitation::class, 'invoice_id')->orderBy('contact_id');
    }
}
