<?php

namespace Illuminate\Console;

use Throwable;

/** Prints to standard output in the shapes of Laravel's console components. */
class Output
{
    /** @var resource a stream of its own: STDOUT does not exist for a script that comes on standard input */
    private $stream;

    private int $newLines = 1;

    public function __construct()
    {
        $this->stream = fopen('php://stdout', 'w');
    }

    public function isTerminal(): bool
    {
        return stream_isatty($this->stream);
    }

    public function width(): int
    {
        return (int) (getenv('COLUMNS') ?: 80);
    }

    public function line(string $text = ''): void
    {
        $this->write($text . "\n");
    }

    public function write(string $text): void
    {
        fwrite($this->stream, $text);
        $last = strlen($text) - strlen(rtrim($text, "\n"));
        $this->newLines = $last === strlen($text) ? $this->newLines + $last : $last;
    }

    /** A badge line: `   INFO  text.  ` between blank lines, never two of them. */
    public function badge(string $badge, string $text): void
    {
        $this->write(($this->newLines < 2 ? "\n" : '') . "   {$badge}  {$text}  \n\n");
    }

    public function info(string $text): void
    {
        $this->badge('INFO', $text);
    }

    public function error(string $text): void
    {
        $this->badge('ERROR', $text);
    }

    /** Runs a task and prints its name, how long it took and DONE or FAIL. */
    public function task(string $name, callable $work): void
    {
        $this->write("  {$name} ");
        $started = microtime(true);
        $result = 'FAIL';
        try {
            $work();
            $result = 'DONE';
        } finally {
            $time = ' ' . self::duration((microtime(true) - $started) * 1000);
            $dots = max(min($this->width(), 150) - mb_strlen($name) - mb_strlen($time) - 10, 0);
            $this->line(str_repeat('.', $dots) . "{$time} {$result}");
        }
    }

    /** Two columns joined by dots, over the whole width. */
    public function twoColumns(string $left, string $right): void
    {
        $dots = max(min($this->width(), 150) - mb_strlen($left) - mb_strlen($right) - 6, 0);
        $this->line(rtrim("  {$left} " . str_repeat('.', $dots)) . " {$right}  ");
    }

    /** Prints an exception and its causes as Symfony's console does, to standard error. */
    public function exception(Throwable $e): void
    {
        $errors = fopen('php://stderr', 'w');
        do {
            $lines = [];
            foreach (preg_split('/\r?\n/', trim($e->getMessage())) as $line) {
                array_push($lines, ...mb_str_split($line === '' ? ' ' : $line, $this->width() - 5));
            }
            $longest = max(array_map('mb_strlen', $lines));
            $blank = str_repeat(' ', $longest + 4);
            $text = sprintf("\nIn %s line %s:\n%s\n", basename($e->getFile()), $e->getLine(), $blank);
            foreach ($lines as $line) {
                $text .= '  ' . $line . str_repeat(' ', $longest - mb_strlen($line)) . "  \n";
            }
            fwrite($errors, "{$text}{$blank}\n");
        } while ($e = $e->getPrevious());
        fwrite($errors, "\n");
    }

    /** 30.88ms below a second, then 22s, 1m 26s. */
    public static function duration(float $milliseconds): string
    {
        if ($milliseconds < 1000) {
            return number_format($milliseconds, 2) . 'ms';
        }
        $seconds = (int) ($milliseconds / 1000);
        $parts = [];
        foreach (['h' => 3600, 'm' => 60, 's' => 1] as $unit => $size) {
            if ($seconds >= $size) {
                $parts[] = intdiv($seconds, $size) . $unit;
                $seconds %= $size;
            }
        }
        return implode(' ', $parts);
    }
}
