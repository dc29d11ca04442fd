<?php

namespace Symfony\Component\Console\Exception;

/** A wrong command line: rendered without the file and line it came from. */
class CommandNotFoundException extends \RuntimeException implements ExceptionInterface
{
}
