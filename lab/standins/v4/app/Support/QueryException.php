<?php

namespace App\Support;

/** A failed statement; the message carries the SQL, as Laravel's does. */
class QueryException extends \Exception
{
    public function __construct(string $sql, array $values, \PDOException $previous)
    {
        foreach ($values as $value) {
            $sql = preg_replace('/\?/', addcslashes((string) $value, '\\$'), $sql, 1);
        }
        parent::__construct($previous->getMessage() . " (SQL: {$sql})", 0, $previous);
        $this->code = $previous->getCode();
    }
}
