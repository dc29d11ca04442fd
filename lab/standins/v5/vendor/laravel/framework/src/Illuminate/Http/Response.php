<?php

namespace Illuminate\Http;

class Response
{
    /** @param array<string, string> $headers */
    public function __construct(public string $body = '', public int $status = 200, public array $headers = [])
    {
        $this->headers += ['Content-Type' => 'text/html; charset=UTF-8'];
    }

    /** @param array<string, string> $headers */
    public static function json(mixed $data, int $status = 200, array $headers = []): self
    {
        return new self(json_encode($data), $status, ['Content-Type' => 'application/json', ...$headers]);
    }

    public function header(string $name, string $value): self
    {
        $this->headers[$name] = $value;
        return $this;
    }

    public function send(): void
    {
        http_response_code($this->status);
        header_remove('X-Powered-By');
        header('Cache-Control: no-cache, private');
        foreach ($this->headers as $name => $value) {
            header("{$name}: {$value}");
        }
        echo $this->body;
    }
}
