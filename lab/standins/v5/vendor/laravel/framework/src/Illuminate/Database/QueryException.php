<?php

namespace Illuminate\Database;

use PDOException;

class QueryException extends PDOException
{
    /** @param array<int, mixed> $bindings */
    public function __construct(string $connection, public readonly string $sql, public readonly array $bindings, PDOException $previous)
    {
        parent::__construct('', 0, $previous);
        $this->code = $previous->getCode();
        $this->errorInfo = $previous->errorInfo;
        $this->message = "{$previous->getMessage()} (Connection: {$connection}, SQL: {$this->filled($sql, $bindings)})";
    }

    private function filled(string $sql, array $bindings): string
    {
        $parts = explode('?', $sql);
        $text = array_shift($parts);
        foreach ($parts as $part) {
            $text .= ($bindings === [] ? '?' : (string) array_shift($bindings)) . $part;
        }
        return $text;
    }
}
