<?php

/** Functions that the whole application uses, named as Laravel 6 names them. */

use App\Http\Request;
use App\Support\Config;
use App\Support\Log;

if (! function_exists('str_contains')) { // PHP 7.4
    function str_contains($haystack, $needle): bool
    {
        return $needle === '' || strpos((string) $haystack, $needle) !== false;
    }
}

function base_path(string $path = ''): string
{
    return dirname(__DIR__) . ($path === '' ? '' : '/' . $path);
}

function storage_path(string $path = ''): string
{
    return base_path('storage') . ($path === '' ? '' : '/' . $path);
}

function public_path(string $path = ''): string
{
    return base_path('public') . ($path === '' ? '' : '/' . $path);
}

/** A value of the environment; the words true, false, null and empty become what they say. */
function env(string $key, $default = null)
{
    $value = $_ENV[$key] ?? getenv($key);
    if ($value === false) {
        return $default;
    }
    $words = ['true' => true, '(true)' => true, 'false' => false, '(false)' => false];
    $words += ['null' => null, '(null)' => null, 'empty' => '', '(empty)' => ''];
    $word = strtolower($value);

    return array_key_exists($word, $words) ? $words[$word] : $value;
}

/** A value of config/, by a name such as app.key. */
function config(string $name)
{
    return Config::get($name);
}

function info($message): void
{
    Log::write('INFO', $message);
}

/** An absolute URL: of the request's own host in the web, of APP_URL in the console. */
function url(string $path = '/'): string
{
    $root = PHP_SAPI === 'cli' ? rtrim((string) config('app.url'), '/') : Request::current()->root();

    return rtrim($root . '/' . ltrim($path, '/'), '/');
}

/** A text of resources/lang/en/texts.php. */
function trans(string $key): string
{
    static $texts = null;
    $texts = $texts ?? require base_path('resources/lang/en/texts.php');

    return $texts[substr($key, strlen('texts.'))] ?? $key;
}

/** Text made safe for HTML. */
function e($text): string
{
    return htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8');
}

/** Random letters and digits, lower case. */
function random_key(int $length): string
{
    $key = '';
    while (strlen($key) < $length) {
        $key .= 'abcdefghijklmnopqrstuvwxyz0123456789'[random_int(0, 35)];
    }

    return $key;
}
