<?php

namespace App\Support;

use App\Http\Request;
use App\Http\Session;
use Symfony\Component\Debug\Exception\FatalThrowableError;

/** Reports what nobody caught, in V4's own words: one line with ***class***, one with the stack trace. */
class Errors
{
    /** @var int errors logged without a session, as in the console */
    private static $count = 0;

    public static function report(\Throwable $error): void
    {
        if ($error instanceof \Error) {
            $error = new FatalThrowableError($error);
        }
        self::log(self::text($error));
        self::log('[stacktrace] ' . date('Y-m-d h:i:s') . ' ' . $error->getMessage() . ': '
            . $error->getTraceAsString() . "\n\n");
    }

    public static function text(\Throwable $error): string
    {
        return sprintf(
            '***%s*** [%s] : %s [Line %s] => %s',
            get_class($error),
            $error->getCode(),
            $error->getFile(),
            $error->getLine(),
            $error->getMessage()
        );
    }

    /** Write one line to laravel-error.log; after 200 lines of one session V4 is silent. */
    public static function log(string $message): void
    {
        $session = Session::current();
        $count = $session ? $session->get('error_count', 0) + 1 : ++self::$count;
        if ($session) {
            $session->put('error_count', $count);
        }
        if ($count <= 200) {
            Log::write('ERROR', $message . "\n", self::context($count));
        }
    }

    public static function context(int $count): array
    {
        $user = Auth::user();
        $request = Request::current();

        return [
            'context' => 'PHP',
            'user_id' => $user ? $user->id : 0,
            'account_id' => $user ? $user->account_id : 0,
            'user_name' => $user ? $user->getDisplayName() : '',
            'method' => $request ? $request->method : 'GET',
            'user_agent' => $_SERVER['HTTP_USER_AGENT'] ?? '',
            'locale' => 'en',
            'ip' => $request ? $request->ip() : '127.0.0.1',
            'count' => $count,
            'is_console' => $request ? 'no' : 'yes',
            'is_api' => $request && $request->header('X-Ninja-Token') !== '' ? 'yes' : 'no',
            'db_server' => config('database.default'),
            'url' => $request ? ($request->path === '/' ? '/' : ltrim($request->path, '/')) : '/',
        ];
    }
}
