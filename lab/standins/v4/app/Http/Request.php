<?php

namespace App\Http;

/** One HTTP request. */
class Request
{
    /** @var self|null */
    private static $current;

    /** @var string */
    public $method;
    /** @var string always with a leading slash, without a trailing one */
    public $path;
    /** @var array */
    private $query;
    /** @var array */
    private $post;

    public static function capture(): self
    {
        $request = new self();
        $request->method = $_SERVER['REQUEST_METHOD'];
        $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/';
        $request->path = '/' . trim(rawurldecode($path), '/');
        $request->query = $_GET;
        $request->post = $_POST;
        if ($request->method === 'HEAD') {
            $request->method = 'GET';
        }

        return self::$current = $request;
    }

    public static function current(): ?self
    {
        return self::$current;
    }

    /** A value of the body, or else of the query string; text is trimmed, passwords are not. */
    public function input(string $key, $default = null)
    {
        $value = $this->post[$key] ?? $this->query[$key] ?? null;
        if (is_string($value) && ! in_array($key, ['password', 'password_confirmation'], true)) {
            $value = trim($value);
        }

        return $value ?? $default;
    }

    public function has(string $key): bool
    {
        return isset($this->post[$key]) || isset($this->query[$key]);
    }

    public function header(string $name): string
    {
        return $_SERVER['HTTP_' . strtoupper(str_replace('-', '_', $name))] ?? '';
    }

    public function ip(): string
    {
        return $_SERVER['REMOTE_ADDR'] ?? '127.0.0.1';
    }

    public function isSecure(): bool
    {
        return ! empty($_SERVER['HTTPS']) && $_SERVER['HTTPS'] !== 'off';
    }

    public function root(): string
    {
        return ($this->isSecure() ? 'https' : 'http') . '://' . ($_SERVER['HTTP_HOST'] ?? 'localhost');
    }

    public function isApi(): bool
    {
        return strpos($this->path, '/api/v1/') === 0;
    }
}
