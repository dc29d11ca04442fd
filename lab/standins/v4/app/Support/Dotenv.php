<?php

namespace App\Support;

/** Reads .env the way phpdotenv 3 does: quotes, comments, ${NAME}; a variable that is already set wins. */
class Dotenv
{
    public static function load(string $path): void
    {
        if (! is_readable($path)) {
            return;
        }
        foreach (preg_split('/\r\n|\r|\n/', file_get_contents($path)) as $line) {
            $line = trim($line);
            if ($line === '' || $line[0] === '#') {
                continue;
            }
            [$name, $value] = array_pad(explode('=', $line, 2), 2, null);
            $name = trim(preg_replace('/^export\s+/', '', $name), " '\"");
            if ($value !== null && getenv($name) === false) {
                self::set($name, self::value(trim($value)));
            }
        }
    }

    private static function set(string $name, string $value): void
    {
        $_ENV[$name] = $value;
        putenv("{$name}={$value}");
    }

    private static function value(string $text): string
    {
        if ($text === '') {
            return '';
        }
        if ($text[0] === '"') {
            if (! preg_match('/^"((?:[^"\\\\]|\\\\.)*)"\s*(?:#.*)?$/s', $text, $match)) {
                self::invalid('a missing closing quote', $text);
            }
            $unescaped = preg_replace_callback('/\\\\(.)|\$\{([\w.]+)\}/s', [self::class, 'escape'], $match[1]);

            return $unescaped;
        }
        if ($text[0] === "'") {
            if (! preg_match("/^'([^']*)'\s*(?:#.*)?$/s", $text, $match)) {
                self::invalid('a missing closing quote', $text);
            }

            return $match[1];
        }
        $bare = rtrim(preg_replace('/(?:^|\s+)#.*$/', '', $text));
        if (preg_match('/\s/', $bare)) {
            self::invalid('unexpected whitespace', $bare);
        }

        return preg_replace_callback('/\\\\(.)|\$\{([\w.]+)\}/s', [self::class, 'escape'], $bare);
    }

    private static function escape(array $match): string
    {
        if (isset($match[2])) {
            return (string) getenv($match[2]);
        }
        $known = ['n' => "\n", 't' => "\t", 'r' => "\r", '"' => '"', '\\' => '\\', '$' => '$'];

        return $known[$match[1]] ?? $match[0];
    }

    private static function invalid(string $cause, string $text): void
    {
        fwrite(fopen('php://stderr', 'w'), "The environment file is invalid!\n");
        fwrite(fopen('php://stderr', 'w'), "Failed to parse dotenv file due to {$cause}. Failed at [{$text}].\n");
        exit(1);
    }
}
