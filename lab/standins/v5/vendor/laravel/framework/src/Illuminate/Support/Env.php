<?php

namespace Illuminate\Support;

/** The environment: the process environment first, then what .env said. */
class Env
{
    /** @var array<string, string> values from .env that the process environment did not already have */
    private static array $file = [];

    /** Reads a .env file; a name that the process environment has keeps that value. */
    public static function load(string $path): void
    {
        if (! is_file($path)) {
            return;
        }
        self::$file = [];
        $text = file_get_contents($path);
        foreach ((new Dotenv(fn (string $name) => self::raw($name)))->parse($text === false ? '' : $text) as $name => $value) {
            if (self::process($name) === null && $value !== null) {
                self::$file[$name] = $value;
            }
        }
    }

    public static function get(string $key, mixed $default = null): mixed
    {
        $value = self::raw($key);
        if ($value === null) {
            return $default;
        }
        return match (strtolower($value)) {
            'true', '(true)' => true,
            'false', '(false)' => false,
            'empty', '(empty)' => '',
            'null', '(null)' => null,
            default => preg_match('/\A([\'"])(.*)\1\z/', $value, $m) ? $m[2] : $value,
        };
    }

    private static function raw(string $key): ?string
    {
        return self::process($key) ?? self::$file[$key] ?? null;
    }

    private static function process(string $key): ?string
    {
        if (isset($_SERVER[$key]) && is_scalar($_SERVER[$key])) {
            return (string) $_SERVER[$key];
        }
        $value = getenv($key);
        return $value === false ? null : $value;
    }
}
