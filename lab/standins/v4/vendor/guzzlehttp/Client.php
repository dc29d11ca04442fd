<?php

namespace GuzzleHttp;

use GuzzleHttp\Exception\ClientException;
use GuzzleHttp\Exception\ConnectException;
use GuzzleHttp\Exception\RequestException;
use GuzzleHttp\Exception\ServerException;
use GuzzleHttp\Exception\TooManyRedirectsException;

/**
 * POST over cURL the way Guzzle 6.5 does it: TLS is verified, 4xx and 5xx are exceptions, and a redirect that is
 * followed turns a POST into a GET (but for 307 and 308).
 */
class Client
{
    private const VERSION = '6.5.7';
    private const MAX_REDIRECTS = 5;
    /** cURL's errors that are failures to connect: name, connection, timeout, TLS handshake, no answer. */
    private const CONNECT_ERRORS = [6, 7, 28, 35, 52];

    public function post(string $url, array $headers, string $body, bool $followRedirects): Response
    {
        $method = 'POST';
        for ($redirects = 0; $redirects <= self::MAX_REDIRECTS; $redirects++) {
            $response = $this->send($method, $url, $headers, $body);
            if ($response->status >= 400) {
                $class = $response->status < 500 ? ClientException::class : ServerException::class;
                throw new $class(self::message($method, $url, $response), $response->status);
            }
            $isRedirect = $response->status >= 300 && isset($response->headers['location']);
            if (! $followRedirects || ! $isRedirect) {
                return $response;
            }
            $url = self::resolve($url, $response->headers['location']);
            if (in_array($response->status, [301, 302, 303], true)) {
                [$method, $body] = ['GET', ''];
            }
        }
        throw new TooManyRedirectsException('Will not follow more than ' . self::MAX_REDIRECTS . ' redirects');
    }

    private function send(string $method, string $url, array $headers, string $body): Response
    {
        $answer = [];
        $curl = curl_init($url);
        $lines = ['User-Agent: GuzzleHttp/' . self::VERSION . ' curl/' . curl_version()['version'] . ' PHP/' . PHP_VERSION];
        foreach ($headers as $name => $value) {
            $lines[] = $value === '' ? "{$name};" : "{$name}: {$value}"; // cURL's way to send an empty header
        }
        if (strlen($body) < 1048576) {
            $lines[] = 'Expect:';
        }
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_POSTFIELDS => $method === 'POST' ? $body : null,
            CURLOPT_HTTPHEADER => $lines,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT => 150,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$answer) {
                if (preg_match('#^HTTP/\S+ (\d+) ?(.*)$#', trim($line), $match)) {
                    $answer = ['reason' => $match[2], 'headers' => []];
                } elseif (strpos($line, ':')) {
                    [$name, $value] = explode(':', $line, 2);
                    $answer['headers'][strtolower(trim($name))] = trim($value);
                }

                return strlen($line);
            },
        ]);
        $content = curl_exec($curl);
        if ($content === false) {
            $number = curl_errno($curl);
            $class = in_array($number, self::CONNECT_ERRORS, true) ? ConnectException::class : RequestException::class;
            throw new $class(sprintf(
                'cURL error %s: %s (see https://curl.haxx.se/libcurl/c/libcurl-errors.html)',
                $number,
                curl_error($curl)
            ));
        }
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);

        return new Response($status, $answer['reason'] ?: self::reason($status), $answer['headers'], $content);
    }

    /** HTTP/2 has no reason phrases. */
    private static function reason(int $status): string
    {
        $reasons = [200 => 'OK', 400 => 'Bad Request', 401 => 'Unauthorized', 403 => 'Forbidden', 404 => 'Not Found',
            413 => 'Payload Too Large', 422 => 'Unprocessable Entity', 429 => 'Too Many Requests',
            500 => 'Internal Server Error', 502 => 'Bad Gateway', 503 => 'Service Unavailable', 504 => 'Gateway Time-out'];

        return $reasons[$status] ?? '';
    }

    private static function message(string $method, string $url, Response $response): string
    {
        $kind = $response->status < 500 ? 'Client error' : 'Server error';
        $message = "{$kind}: `{$method} {$url}` resulted in a `{$response->status} {$response->reason}` response";
        $summary = substr($response->body, 0, 120) . (strlen($response->body) > 120 ? ' (truncated...)' : '');
        $isText = $summary !== '' && ! preg_match('/[^\pL\pM\pN\pP\pS\pZ\n\r\t]/u', $summary);

        return $isText ? "{$message}:\n{$summary}\n" : $message;
    }

    private static function resolve(string $url, string $location): string
    {
        if (preg_match('#^https?://#', $location)) {
            return $location;
        }
        preg_match('#^(https?:)//[^/]+#', $url, $root);
        if (strpos($location, '//') === 0) {
            return $root[1] . $location;
        }

        return $location !== '' && $location[0] === '/' ? $root[0] . $location : dirname($url) . '/' . $location;
    }
}
