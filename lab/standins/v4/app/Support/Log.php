<?php

namespace App\Support;

/** Writes storage/logs/ as V4's Monolog does: with LOG=single each level has a file of its own. */
class Log
{
    public static function write(string $level, $message, array $context = []): void
    {
        $line = sprintf(
            "[%s] %s.%s: %s %s []\n",
            date_create()->format('Y-m-d\TH:i:s.uP'),
            config('app.env'),
            $level,
            str_replace(["\r\n", "\r", "\n"], ' ', self::text($message)),
            json_encode($context, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE)
        );
        $channel = config('logging.default');
        if ($channel === 'errorlog') {
            error_log(rtrim($line));
        } elseif ($channel === 'syslog') {
            syslog(LOG_NOTICE, rtrim($line));
        } else {
            self::append(storage_path('logs/' . self::file($channel, $level)), $line);
        }
    }

    private static function text($message): string
    {
        return is_array($message) ? var_export($message, true) : (string) $message;
    }

    private static function file(string $channel, string $level): string
    {
        if ($channel === 'daily') {
            return 'laravel-' . date('Y-m-d') . '.log';
        }

        return $level === 'DEBUG' ? 'laravel.log' : 'laravel-' . strtolower($level) . '.log';
    }

    /** @throws \UnexpectedValueException where the file cannot be written, in the words of Monolog */
    private static function append(string $path, string $line): void
    {
        if (! is_dir(dirname($path))) {
            @mkdir(dirname($path), 0777, true);
        }
        if (@file_put_contents($path, $line, FILE_APPEND | LOCK_EX) === false) {
            $cause = preg_replace('/^.*failed to open stream: /i', '', error_get_last()['message'] ?? '');
            throw new \UnexpectedValueException(
                "The stream or file \"{$path}\" could not be opened in append mode: failed to open stream: {$cause}"
            );
        }
    }
}
