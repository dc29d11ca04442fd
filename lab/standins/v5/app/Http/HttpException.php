<?php

namespace App\Http;

use RuntimeException;

/** An answer that ends the request: a status and a JSON body; where it says so, another status for clients that do not ask for JSON. */
class HttpException extends RuntimeException
{
    public function __construct(public readonly int $status, public readonly mixed $body, public readonly ?int $plainStatus = null)
    {
        parent::__construct(is_array($body) ? (string) ($body['message'] ?? '') : '');
    }

    /** The shape of refused tokens, secrets and passwords: a message and an empty object of errors. */
    public static function refuse(int $status, string $message): self
    {
        return new self($status, ['message' => $message, 'errors' => new \stdClass()]);
    }
}
