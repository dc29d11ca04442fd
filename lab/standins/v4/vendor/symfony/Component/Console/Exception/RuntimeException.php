<?php

namespace Symfony\Component\Console\Exception;

/** A wrong command line: rendered without the file and line it came from. */
class RuntimeException extends \RuntimeException implements ExceptionInterface
{
}
