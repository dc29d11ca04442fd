<?php

use Illuminate\Foundation\Application;
use Illuminate\Support\Env;

function app(): Application
{
    return Application::instance();
}

function base_path(string $path = ''): string
{
    return app()->basePath($path);
}

function storage_path(string $path = ''): string
{
    return base_path($path === '' ? 'storage' : "storage/{$path}");
}

function public_path(string $path = ''): string
{
    return base_path($path === '' ? 'public' : "public/{$path}");
}

function resource_path(string $path = ''): string
{
    return base_path($path === '' ? 'resources' : "resources/{$path}");
}

function env(string $key, mixed $default = null): mixed
{
    return Env::get($key, $default);
}

function config(string|array|null $key = null, mixed $default = null): mixed
{
    if (is_array($key)) {
        foreach ($key as $name => $value) {
            app()->config()->set($name, $value);
        }
        return null;
    }
    return $key === null ? app()->config() : app()->config()->get($key, $default);
}

/** Writes an INFO line to the default log channel. */
function info(mixed $message): void
{
    app()->log()->write('info', $message);
}

/** Writes an INFO line to invoiceninja.log, only when expanded logging is on. */
function nlog(mixed $message): void
{
    if (config('ninja.expanded_logging')) {
        app()->log()->write('info', is_object($message) ? print_r($message, true) : $message, [], 'invoiceninja');
    }
}

function now(): string
{
    return date('Y-m-d H:i:s');
}

/** A random string of letters and digits, as Str::random() makes it. */
function random_key(int $length): string
{
    $letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    $key = '';
    for ($i = 0; $i < $length; $i++) {
        $key .= $letters[random_int(0, 61)];
    }
    return $key;
}

function uuid(): string
{
    $bytes = random_bytes(16);
    $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
    $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
}
