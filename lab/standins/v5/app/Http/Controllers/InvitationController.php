<?php

namespace App\Http\Controllers;

use App\Models\Record;
use App\Utils\HashedIds;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** The link that a customer has in a mail. It works whether the company is disabled or not; the portal behind it is not there. */
class InvitationController
{
    private const PLURALS = ['invoice' => 'invoices', 'quote' => 'quotes', 'credit' => 'credits', 'recurring_invoice' => 'recurring_invoices'];

    public function show(Request $request, mixed $auth, string $entity, string $key): Response
    {
        $invitation = Record::firstWhere("{$entity}_invitations", ['key' => $key]);
        if ($invitation === null) {
            return new Response("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Not Found</title></head><body>404 | Not Found</body></html>\n", 404);
        }
        $record = Record::find(self::PLURALS[$entity], $invitation->{"{$entity}_id"});
        if ($invitation->deleted_at !== null || $record->is_deleted) {
            return new Response('<!DOCTYPE html><html lang="en"><head><title>Client Portal</title></head><body>Not available</body></html>');
        }
        $silent = $request->has('silent') || $invitation->viewed_date !== null;
        if (! $silent) {
            $invitation->viewed_date = now();
            $invitation->save();
        }
        $page = rtrim((string) config('app.url'), '/') . '/client/' . self::PLURALS[$entity] . '/' . HashedIds::encode((int) $record->id);
        return new Response('', 302, ['Location' => $page . ($silent ? '?silent=true' : '')]);
    }
}
