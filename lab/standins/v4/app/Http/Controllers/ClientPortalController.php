<?php

namespace App\Http\Controllers;

use App\Http\Request;
use App\Http\Response;
use App\Http\Session;
use App\Models\Invitation;

/** The link that a customer got by e-mail. */
class ClientPortalController
{
    public function view(Request $request, Session $session, string $key): Response
    {
        $invitation = Invitation::query()->where('invitation_key = ?', substr($key, 0, RANDOM_KEY_LENGTH))->first();
        if (! $invitation) {
            return Response::redirect('/client/login');
        }
        $invoice = $invitation->invoice;
        if (! $invoice || $invoice->is_deleted || ! $invoice->client || $invoice->client->is_deleted) {
            return Response::page('', trans('texts.invoice_not_found'), 200);
        }
        $forward = $invoice->account->account_email_settings->forward_url_for_v5;
        if (strlen($forward) > 1) {
            $entity = $invoice->invoice_type_id === INVOICE_TYPE_QUOTE ? 'quote' : 'invoice';

            return Response::redirect("{$forward}/client/{$entity}/{$key}");
        }
        if (! $session->has($key)) {
            $session->put($key, true);
            $invitation->update(['viewed_date' => date('Y-m-d H:i:s')]);
        }

        return Response::view('invoice', ['invoice' => $invoice, 'account' => $invoice->account]);
    }

    public function login(): Response
    {
        return Response::view('client_login');
    }
}
