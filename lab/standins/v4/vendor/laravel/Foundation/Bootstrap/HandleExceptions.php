<?php

namespace Illuminate\Foundation\Bootstrap;

use App\Support\Errors;
use ErrorException;
use Symfony\Component\Debug\Exception\FatalErrorException;

/** Turns every PHP error into an ErrorException, with the words of PHP 7.4 on newer versions too. */
class HandleExceptions
{
    private const TEXTS_OF_PHP_7 = [
        '/^Attempt to read property "(.+)" on .+$/' => "Trying to get property '$1' of non-object",
        '/^Undefined array key (-?\d+)$/' => 'Undefined offset: $1',
        '/^Undefined array key "(.+)"$/' => 'Undefined index: $1',
        '/^Undefined variable \$(.+)$/' => 'Undefined variable: $1',
        '/Failed to open stream/' => 'failed to open stream',
    ];

    public function bootstrap(): void
    {
        error_reporting(-1);
        ini_set('display_errors', 'Off');
        set_error_handler([$this, 'handleError']);
        register_shutdown_function([$this, 'handleShutdown']);
    }

    /** What ends PHP itself, as the memory limit does, is reported too. */
    public function handleShutdown(): void
    {
        $error = error_get_last();
        if ($error && in_array($error['type'], [E_ERROR, E_CORE_ERROR, E_COMPILE_ERROR, E_PARSE], true)) {
            ini_set('memory_limit', '-1');
            Errors::report(new FatalErrorException($error['message'], 0, $error['type'], $error['file'], $error['line']));
        }
    }

    public function handleError($level, $message, $file = '', $line = 0): bool
    {
        if ($level === E_DEPRECATED) {
            return true;
        }
        if (! (error_reporting() & $level)) {
            return false;
        }
        $patterns = array_keys(self::TEXTS_OF_PHP_7);
        throw new ErrorException(preg_replace($patterns, self::TEXTS_OF_PHP_7, $message), 0, $level, $file, $line);
    }
}
