<?php

namespace Illuminate\Log;

use Throwable;
use UnexpectedValueException;

/** Writes log lines in Monolog's line format; the channel's name is the environment's. */
class Logger
{
    /**
     * @param array<string, mixed> $context an `exception` in it is written with its stack trace
     * @throws UnexpectedValueException when the file cannot be opened
     */
    public function write(string $level, mixed $message, array $context = [], ?string $channel = null): void
    {
        $text = is_scalar($message) || $message === null ? (string) $message : var_export($message, true);
        $context = $context === [] ? '' : $this->context($context);
        $line = sprintf("[%s] %s.%s: %s %s \n", date('Y-m-d H:i:s'), config('app.env'), strtoupper($level), $text, $context);
        $this->append($this->path($channel), $line, $text);
    }

    /** Logs an exception as Laravel's handler does. */
    public function exception(Throwable $e): void
    {
        $user = app()->userId === null ? [] : ['userId' => app()->userId];
        $this->write('error', $e->getMessage(), [...$user, 'exception' => $e]);
    }

    private function path(?string $channel): string
    {
        $channel ??= config('logging.default');
        $settings = config("logging.channels.{$channel}", []);
        if (($settings['driver'] ?? '') === 'stack') {
            return $this->path($settings['channels'][0]);
        }
        $path = $settings['path'] ?? storage_path('logs/laravel.log');
        return ($settings['driver'] ?? '') === 'daily' ? str_replace('.log', '-' . date('Y-m-d') . '.log', $path) : $path;
    }

    private function append(string $path, string $line, string $message): void
    {
        if (@file_put_contents($path, $line, FILE_APPEND) === false) {
            $reason = preg_replace('/^.*?: /', '', error_get_last()['message'] ?? 'Failed to open stream');
            $reason = ucfirst(preg_replace('/^file_put_contents\([^)]*\): /', '', $reason));
            throw new UnexpectedValueException(
                "The stream or file \"{$path}\" could not be opened in append mode: {$reason}\n"
                . "The exception occurred while attempting to log: {$message}\nContext: []"
            );
        }
    }

    private function context(array $context): string
    {
        $context = array_map(fn (mixed $value) => $value instanceof Throwable ? $this->describe($value) : $value, $context);
        $json = json_encode($context, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
        return preg_replace('/(?<!\\\\)\\\\[rn]/', "\n", $json);
    }

    private function describe(Throwable $e): string
    {
        $text = $this->one($e);
        while ($e = $e->getPrevious()) {
            $text .= "\n[previous exception] " . $this->one($e);
        }
        return $text;
    }

    private function one(Throwable $e): string
    {
        $head = sprintf('[object] (%s(code: %s): %s at %s:%d)', $e::class, $e->getCode(), $e->getMessage(), $e->getFile(), $e->getLine());
        return "{$head}\n[stacktrace]\n{$e->getTraceAsString()}\n";
    }
}
