<?php

namespace Illuminate\Support;

use RuntimeException;

/** Parses .env files by the rules of phpdotenv 5: quotes, comments, nested ${NAMES}, multi-line quoted values. */
class Dotenv
{
    /** @var callable(string): ?string where a nested name is looked up when the file has not set it */
    private $lookup;

    /** @var array<string, ?string> */
    private array $values = [];

    public function __construct(callable $lookup)
    {
        $this->lookup = $lookup;
    }

    /**
     * @return array<string, ?string>
     * @throws RuntimeException with phpdotenv's words when a line cannot be parsed
     */
    public function parse(string $text): array
    {
        foreach ($this->entries(preg_split("/\r\n|\n|\r/", $text)) as $entry) {
            [$name, $value] = array_pad(array_map('trim', explode('=', $entry, 2)), 2, null);
            if (str_starts_with($name, 'export ')) {
                $name = ltrim(substr($name, 6));
            }
            $name = trim($name, "'\"");
            if (! preg_match('/\A[a-zA-Z0-9_.]+\z/', $name)) {
                throw new RuntimeException("Failed to parse dotenv file. Encountered an invalid name at [{$name}].");
            }
            $this->values[$name] = $value === null ? null : $this->value($value);
        }
        return $this->values;
    }

    /** Joins the lines of a multi-line quoted value; drops blank lines and comments. */
    private function entries(array $lines): array
    {
        $entries = [];
        $open = null;
        foreach ($lines as $line) {
            if ($open !== null) {
                $open .= "\n" . $line;
                if ($this->closes($line)) {
                    $entries[] = $open;
                    $open = null;
                }
                continue;
            }
            $trimmed = trim($line);
            if ($trimmed === '' || $trimmed[0] === '#') {
                continue;
            }
            $start = strpos($line, '="');
            if ($start !== false && ! $this->closes(substr($line, $start + 2))) {
                $open = $line;
                continue;
            }
            $entries[] = $trimmed;
        }
        return $open === null ? $entries : [...$entries, $open];
    }

    /** Whether the text has a double quote that no backslash precedes. */
    private function closes(string $text): bool
    {
        return preg_match('/(?<!\\\\)"/', str_replace('\\\\', '', $text)) === 1;
    }

    private function value(string $text): string
    {
        if ($text === '') {
            return '';
        }
        $quote = $text[0];
        if ($quote === '#') {
            return '';
        }
        if ($quote === "'" || $quote === '"') {
            return $this->quoted($text, $quote);
        }
        if (! preg_match('/\A([^\s#]*)(?:\s*(?:#.*)?)\z/s', $text, $m)) {
            throw new RuntimeException("Failed to parse dotenv file. Encountered unexpected whitespace at [{$text}].");
        }
        return $this->nested($m[1]);
    }

    private function quoted(string $text, string $quote): string
    {
        $value = '';
        for ($i = 1, $length = strlen($text); $i < $length; $i++) {
            $char = $text[$i];
            if ($char === $quote) {
                $rest = substr($text, $i + 1);
                if (! preg_match('/\A\s*(#.*)?\z/s', $rest)) {
                    throw new RuntimeException("Failed to parse dotenv file. Encountered unexpected whitespace at [{$text}].");
                }
                return $quote === '"' ? strtr($this->nested($value), ["\0" => '$']) : $value;
            }
            if ($quote === '"' && $char === '\\') {
                $next = $text[++$i] ?? '';
                $value .= match ($next) {
                    '"', '\\' => $next,
                    '$' => "\0",
                    'n' => "\n", 'r' => "\r", 't' => "\t", 'f' => "\f", 'v' => "\v",
                    default => throw new RuntimeException("Failed to parse dotenv file. Encountered an unexpected escape sequence at [{$text}]."),
                };
                continue;
            }
            $value .= $char;
        }
        throw new RuntimeException("Failed to parse dotenv file. Encountered a missing closing quote at [{$text}].");
    }

    private function nested(string $value): string
    {
        return preg_replace_callback(
            '/\$\{([a-zA-Z0-9_.]+)\}/',
            fn (array $m) => $this->values[$m[1]] ?? ($this->lookup)($m[1]) ?? $m[0],
            $value
        );
    }
}
