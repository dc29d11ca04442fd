<?php

namespace Illuminate\Queue;

use RuntimeException;

class MaxAttemptsExceededException extends RuntimeException
{
    public static function forJob(string $name): self
    {
        return new self("{$name} has been attempted too many times.");
    }
}
