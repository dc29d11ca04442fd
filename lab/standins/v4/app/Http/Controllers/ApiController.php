<?php

namespace App\Http\Controllers;

use App\Http\Request;
use App\Http\Response;
use App\Models\Account;
use App\Models\AccountToken;
use App\Models\Document;
use App\Support\Auth;
use App\Support\DB;

/** The part of V4's API that a migration sees: ping, the account, and the attachments that V5 fetches. */
class ApiController
{
    private const TYPES = [
        'png' => 'image/png', 'ai' => 'application/postscript', 'jpeg' => 'image/jpeg', 'tiff' => 'image/tiff',
        'pdf' => 'application/pdf', 'gif' => 'image/gif', 'psd' => 'image/vnd.adobe.photoshop', 'txt' => 'text/plain',
        'doc' => 'application/msword', 'xls' => 'application/vnd.ms-excel', 'ppt' => 'application/vnd.ms-powerpoint',
        'xlsx' => 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'docx' => 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'pptx' => 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    ];

    public function handle(Request $request): Response
    {
        $path = substr($request->path, strlen('/api/v1/'));
        $isKnown = in_array($path, ['ping', 'accounts', 'documents'], true) || preg_match('#^documents/[^/]+$#', $path);
        // Laravel answers for every route itself, before anything that asks for a token.
        if ($isKnown && $request->method === 'OPTIONS') {
            return new Response('', 200, ['Allow' => 'GET,HEAD']);
        }
        if (! $isKnown || $request->method !== 'GET') {
            return $request->header('X-Ninja-Token') !== ''
                ? $this->error('Route does not exist', 404)
                : Response::page('404', 'Not Found', 404);
        }
        $hasSecret = $this->hasApiSecret($request);
        $token = AccountToken::query()->where('token = ?', $request->header('X-Ninja-Token'))->first();
        if ($token && $token->user) {
            Auth::login($token->user);
        } elseif (! ($hasSecret && $path === 'ping')) {
            sleep(ERROR_DELAY);

            return Response::json(['error' => ['message' => 'Invalid token']], 403, $this->headers());
        }
        if ($path === 'ping') {
            return new Response('success', 200, $this->headers());
        }
        $account = Auth::user()->account;
        if ($path === 'accounts') {
            return $this->data($this->account($account));
        }
        if ($path === 'documents') {
            return $this->data(array_map([$this, 'document'], $this->documents($account)->get()));
        }

        return $this->download($account, substr($path, strlen('documents/')));
    }

    private function hasApiSecret(Request $request): bool
    {
        $secret = env('API_SECRET');

        return ! $secret || hash_equals((string) $secret, (string) ($request->header('X-Ninja-Secret')
            ?: $request->input('api_secret', '')));
    }

    private function headers(): array
    {
        return ['Content-Type' => 'application/json', 'X-Total-Count' => 0, 'X-Ninja-Version' => NINJA_VERSION];
    }

    private function data($data): Response
    {
        return new Response(json_encode(['data' => $data], JSON_PRETTY_PRINT), 200, $this->headers());
    }

    private function error(string $message, int $status): Response
    {
        $body = json_encode(['error' => ['message' => $message]], JSON_PRETTY_PRINT);

        return new Response($body, $status, $this->headers());
    }

    private function documents(Account $account): \App\Models\Query
    {
        return Document::query()->where('account_id = ?', $account->id);
    }

    private function document(Document $document): array
    {
        return [
            'account_key' => Auth::user()->account->account_key,
            'id' => (int) $document->public_id,
            'name' => $document->name,
            'type' => $document->type,
            'path' => $document->path,
            'invoice_id' => $this->publicId('invoices', $document->invoice_id),
            'expense_id' => $this->publicId('expenses', $document->expense_id),
            'updated_at' => $document->updated_at ? $document->updated_at->getTimestamp() : null,
            'created_at' => $document->created_at ? $document->created_at->getTimestamp() : null,
            'is_deleted' => false,
            'is_default' => (bool) $document->is_default,
            'preview' => $document->preview,
            'size' => (int) $document->size,
            'width' => (int) $document->width,
            'height' => (int) $document->height,
        ];
    }

    private function publicId(string $table, $id): int
    {
        return $id ? (int) DB::value("SELECT public_id FROM {$table} WHERE id = ?", [$id]) : 0;
    }

    /** The attachment itself, by its public id; without the version's header. */
    private function download(Account $account, string $publicId): Response
    {
        $document = $this->documents($account)->where('public_id = ?', $publicId)->first();
        if (! $document) {
            return new Response(json_encode(['message' => 'record does not exist'], JSON_PRETTY_PRINT), 404, $this->headers());
        }
        if (! isset(self::TYPES[$document->type])) {
            $error = ['error' => ['error' => 'Invalid mime type']];

            return new Response(json_encode($error, JSON_PRETTY_PRINT), 400, $this->headers());
        }
        $file = storage_path('documents/' . $document->path);
        if (! is_file($file)) {
            throw new \RuntimeException("File not found at path: {$document->path}");
        }

        return new Response(file_get_contents($file), 200, [
            'Content-Type' => self::TYPES[$document->type],
            'Content-Length' => $document->size,
        ]);
    }

    private function account(Account $account): array
    {
        $data = [];
        foreach (['account_key', 'logo', 'id_number', 'address1', 'address2', 'city', 'state', 'postal_code',
            'invoice_terms', 'email_footer', 'work_phone', 'work_email', 'vat_number', 'website', 'page_size',
            'invoice_number_counter', 'invoice_number_pattern', 'quote_number_pattern'] as $text) {
            $data[$text] = $account->$text;
        }
        foreach (['currency_id', 'timezone_id', 'date_format_id', 'datetime_format_id', 'country_id', 'industry_id',
            'size_id', 'language_id', 'invoice_design_id', 'payment_terms', 'enabled_modules'] as $number) {
            $data[$number] = (int) $account->$number;
        }
        foreach (['fill_products', 'update_products', 'military_time', 'share_counter', 'enable_portal_password',
            'enable_client_portal', 'inclusive_taxes', 'convert_products'] as $flag) {
            $data[$flag] = (bool) $account->$flag;
        }

        return $data + [
            'name' => $account->displayName(),
            'updated_at' => $account->updated_at ? $account->updated_at->getTimestamp() : null,
            'archived_at' => $account->deleted_at ? $account->deleted_at->getTimestamp() : null,
            'custom_fields' => $account->custom_fields,
            'custom_messages' => $account->custom_messages,
        ];
    }
}
