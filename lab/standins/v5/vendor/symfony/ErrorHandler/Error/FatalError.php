<?php

namespace Symfony\Component\ErrorHandler\Error;

use Error;

/** What PHP ended of, such as too little memory; made from error_get_last() while PHP shuts down. */
class FatalError extends Error
{
    /** @param array{message: string, file: string, line: int} $error */
    public function __construct(array $error)
    {
        parent::__construct($error['message']);
        $this->file = $error['file'];
        $this->line = $error['line'];
    }
}
