<?php

namespace Symfony\Component\Debug\Exception;

/** Laravel 6 wraps an \Error in this before it reports it. */
class FatalThrowableError extends \ErrorException
{
    public function __construct(\Throwable $error)
    {
        parent::__construct($error->getMessage(), $error->getCode(), E_ERROR, $error->getFile(), $error->getLine());
    }
}
