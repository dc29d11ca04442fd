<?php

namespace App\Transformers;

class Transform
{
    /** A time of the database as Unix seconds; 0 for none. */
    public static function time(?string $value): int
    {
        return $value === null || str_starts_with($value, '0000') ? 0 : (int) strtotime($value);
    }
}
