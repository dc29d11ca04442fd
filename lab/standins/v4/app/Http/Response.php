<?php

namespace App\Http;

/** One HTTP answer. */
class Response
{
    /** @var int */
    public $status;
    /** @var array */
    public $headers;
    /** @var string */
    private $body;

    public function __construct(string $body = '', int $status = 200, array $headers = [])
    {
        $this->body = $body;
        $this->status = $status;
        $this->headers = $headers + ['Content-Type' => 'text/html; charset=UTF-8', 'Cache-Control' => 'no-cache, private'];
    }

    /** A page of resources/views in the layout of the application. */
    public static function view(string $view, array $data = [], int $status = 200): self
    {
        $content = self::render($view, $data);

        return new self(self::render('layout', ['content' => $content]), $status);
    }

    public static function page(string $code, string $message, int $status): self
    {
        return new self(self::render('error', ['code' => $code, 'message' => $message]), $status);
    }

    public static function redirect(string $url): self
    {
        $target = strpos($url, '://') ? $url : url($url);

        return new self(self::render('redirect', ['url' => $target]), 302, ['Location' => $target]);
    }

    /** To where the browser came from. */
    public static function back(): self
    {
        $session = Session::current();
        $referer = Request::current()->header('Referer') ?: ($session ? $session->get('_previous') : null);

        return self::redirect($referer ?: '/');
    }

    public static function json($data, int $status = 200, array $headers = []): self
    {
        return new self(json_encode($data), $status, $headers + ['Content-Type' => 'application/json']);
    }

    private static function render(string $view, array $data): string
    {
        extract($data);
        ob_start();
        require base_path('resources/views/' . str_replace('.', '/', $view) . '.php');

        return ob_get_clean();
    }

    public function send(): void
    {
        http_response_code($this->status);
        foreach ($this->headers as $name => $value) {
            header("{$name}: {$value}");
        }
        echo $this->body;
    }
}
