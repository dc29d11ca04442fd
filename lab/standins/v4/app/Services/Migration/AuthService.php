<?php

namespace App\Services\Migration;

use GuzzleHttp\Client;

/** Asks V5 for a token. */
class AuthService
{
    /** @var string */
    private $username;
    /** @var string */
    private $password;
    /** @var string|null */
    private $apiSecret;
    /** @var string[] */
    private $errors = [];
    /** @var string|null */
    private $token;

    public function __construct(string $username, string $password, ?string $apiSecret)
    {
        $this->username = $username;
        $this->password = $password;
        $this->apiSecret = $apiSecret;
    }

    /** True when V5 gave a token. A redirect is an error of its own; 4xx and 5xx are exceptions of the client. */
    public function start(string $endpoint): bool
    {
        $headers = ['X-Requested-With' => 'XMLHttpRequest', 'Content-Type' => 'application/json'];
        if ($this->apiSecret !== null) {
            $headers['X-Api-Secret'] = $this->apiSecret;
        }
        $body = json_encode(['email' => $this->username, 'password' => $this->password]);
        $response = (new Client())->post($endpoint . '/api/v1/login?include=token', $headers, $body, false);
        if ($response->status === 200) {
            $this->token = json_decode($response->body, true)['data'][0]['token']['token'];

            return true;
        }
        info(json_decode($response->body));
        $this->errors = [trans('texts.migration_went_wrong')];

        return false;
    }

    public function getAccountToken(): ?string
    {
        return $this->token;
    }

    public function getErrors(): array
    {
        return $this->errors;
    }
}
