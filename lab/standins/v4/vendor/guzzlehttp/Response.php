<?php

namespace GuzzleHttp;

/** An answer with the status, the headers (lower case) and the body. */
class Response
{
    /** @var int */
    public $status;
    /** @var string */
    public $reason;
    /** @var array */
    public $headers;
    /** @var string */
    public $body;

    public function __construct(int $status, string $reason, array $headers, string $body)
    {
        $this->status = $status;
        $this->reason = $reason;
        $this->headers = $headers;
        $this->body = $body;
    }
}
