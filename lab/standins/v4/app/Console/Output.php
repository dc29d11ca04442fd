<?php

namespace App\Console;

use Symfony\Component\Console\Exception\ExceptionInterface;

/** Prints what a command says, and errors in the box that Symfony draws around them. */
class Output
{
    public static function line(string $text = ''): void
    {
        fwrite(STDOUT, $text . "\n");
        fflush(STDOUT);
    }

    public static function error(\Throwable $error): void
    {
        $width = ((int) getenv('COLUMNS') ?: 80) - 1;
        $lines = [];
        foreach (preg_split('/\r?\n/', trim($error->getMessage())) as $text) {
            $parts = $text === '' ? [''] : mb_str_split($text, $width - 4, 'UTF-8');
            $lines = array_merge($lines, $parts);
        }
        $longest = max(array_map(function ($line) {
            return mb_strlen($line, 'UTF-8');
        }, $lines)) + 4;
        $out = [''];
        if (! $error instanceof ExceptionInterface) {
            $out[] = sprintf('In %s line %s:', basename($error->getFile()), $error->getLine());
        }
        $out[] = str_repeat(' ', $longest);
        foreach ($lines as $line) {
            $out[] = '  ' . $line . str_repeat(' ', $longest - mb_strlen($line, 'UTF-8') - 2);
        }
        $out[] = str_repeat(' ', $longest);
        $out[] = '';
        fwrite(STDERR, implode("\n", $out) . "\n");
    }

    /** A table with borders of + - |. */
    public static function table(array $head, array $rows): void
    {
        $widths = [];
        foreach (array_merge([$head], $rows) as $row) {
            foreach ($row as $column => $text) {
                $widths[$column] = max($widths[$column] ?? 0, strlen($text));
            }
        }
        $border = '+' . implode('+', array_map(function ($width) {
            return str_repeat('-', $width + 2);
        }, $widths)) . '+';
        self::line($border);
        foreach (array_merge([$head], $rows) as $number => $row) {
            self::line('| ' . implode(' | ', array_map('str_pad', $row, $widths)) . ' |');
            if ($number === 0) {
                self::line($border);
            }
        }
        self::line($border);
    }
}
