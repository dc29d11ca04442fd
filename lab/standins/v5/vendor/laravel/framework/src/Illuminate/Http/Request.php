<?php

namespace Illuminate\Http;

/** The request: method, path, headers, input and uploaded files. */
class Request
{
    /**
     * @param array<string|int, mixed> $query
     * @param array<string|int, mixed> $input fields of the body
     * @param array<string|int, mixed> $files as in $_FILES
     * @param array<string, string> $headers by lower-case name
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $query,
        public readonly array $input,
        public readonly array $files,
        public readonly array $headers,
        public readonly string $ip,
        public readonly int $length,
        private readonly bool $https,
    ) {
    }

    public static function capture(): self
    {
        $headers = [];
        foreach ($_SERVER as $name => $value) {
            if (str_starts_with($name, 'HTTP_')) {
                $headers[strtolower(str_replace('_', '-', substr($name, 5)))] = $value;
            }
        }
        $type = $_SERVER['CONTENT_TYPE'] ?? '';
        $input = $_POST;
        if (str_contains($type, '/json') || str_contains($type, '+json')) {
            $input = json_decode(file_get_contents('php://input'), true) ?: [];
        } elseif (str_contains($type, 'urlencoded') && $_SERVER['REQUEST_METHOD'] !== 'POST') {
            parse_str(file_get_contents('php://input'), $input);
        }
        $method = $_SERVER['REQUEST_METHOD'];
        if ($method === 'POST') {
            $method = strtoupper($input['_method'] ?? $headers['x-http-method-override'] ?? $method);
        }
        return new self(
            $method,
            rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/'),
            $_GET,
            $input,
            $_FILES,
            $headers,
            $_SERVER['REMOTE_ADDR'] ?? '127.0.0.1',
            (int) ($_SERVER['CONTENT_LENGTH'] ?? 0),
            ! in_array(strtolower($_SERVER['HTTPS'] ?? ''), ['', 'off'], true),
        );
    }

    public function header(string $name): ?string
    {
        return $this->headers[strtolower($name)] ?? null;
    }

    public function get(string $name, mixed $default = null): mixed
    {
        return $this->input[$name] ?? $this->query[$name] ?? $default;
    }

    public function has(string $name): bool
    {
        return array_key_exists($name, $this->input) || array_key_exists($name, $this->query);
    }

    public function file(string|int $name): ?UploadedFile
    {
        $file = $this->files[$name] ?? null;
        return is_array($file) && is_string($file['name']) && $file['error'] !== UPLOAD_ERR_NO_FILE ? new UploadedFile($file) : null;
    }

    /** @return array<int, UploadedFile> the files of a part named `name[]` */
    public function fileList(string $name): array
    {
        $file = $this->files[$name] ?? null;
        if (! is_array($file)) {
            return [];
        }
        if (! is_array($file['name'])) {
            return [new UploadedFile($file)];
        }
        $list = [];
        foreach (array_keys($file['name']) as $i) {
            $list[] = new UploadedFile(array_map(fn (array $values) => $values[$i], $file));
        }
        return $list;
    }

    /** Whether the request came by HTTPS; a proxy's word counts only if proxies are trusted. */
    public function isSecure(): bool
    {
        return $this->https || (config('ninja.trusted_proxies') && $this->header('X-Forwarded-Proto') === 'https');
    }

    public function wantsJson(): bool
    {
        $accept = $this->header('Accept') ?? '*/*';
        $any = in_array(trim(explode(',', $accept)[0]), ['', '*/*', '*'], true);
        return ($this->header('X-Requested-With') === 'XMLHttpRequest' && $any) || str_contains($accept, '/json') || str_contains($accept, '+json');
    }
}
