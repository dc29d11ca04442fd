<?php

namespace App\Http;

use App\Http\Controllers\ApiController;
use App\Models\User;
use App\Support\Auth;
use App\Support\DB;
use App\Support\Errors;

/** Answers a request: maintenance mode, session, CSRF token, V4's own checks, login, and then the controller. */
class Kernel
{
    public function handle(Request $request): Response
    {
        try {
            if (is_file(storage_path('framework/down'))) {
                return $this->maintenance();
            }
            if ($request->isApi()) {
                return (new ApiController())->handle($request);
            }
            $session = Session::start();
            $response = $this->web($request, $session);
            $this->remember($request, $session, $response);
            $session->save();

            return $response;
        } catch (\Throwable $error) {
            return $this->failure($request, $error);
        }
    }

    private function maintenance(): Response
    {
        $down = json_decode((string) file_get_contents(storage_path('framework/down')), true) ?: [];
        $response = new Response("We're currently undergoing a brief maintenance, we'll be right back.\n", 503);
        if (! empty($down['retry'])) {
            $response->headers['Retry-After'] = $down['retry'];
        }

        return $response;
    }

    private function web(Request $request, Session $session): Response
    {
        if ($session->has('user_id')) {
            Auth::login(User::find($session->get('user_id')));
        }
        $route = Router::find($request);
        if ($route === null) {
            return $this->notFound($request);
        }
        $refusal = $this->checkToken($request, $session)
            ?? $this->checkRepetition($request, $session)
            ?? $this->checkStartup($request)
            ?? $this->checkUser($route, $request, $session);

        return $refusal ?? $route->call($request, $session);
    }

    /** A POST without the session's token goes back to where it came from: V4 has no page 419. */
    private function checkToken(Request $request, Session $session): ?Response
    {
        if ($request->method === 'GET') {
            return null;
        }
        $token = $request->input('_token') ?: $request->header('X-CSRF-TOKEN');
        if (is_string($token) && hash_equals($session->token(), $token)) {
            return null;
        }
        $session->flash('warning', trans('texts.token_expired'));

        return Response::back();
    }

    /** The same path posted twice within 1.5 seconds is taken for a double click. */
    private function checkRepetition(Request $request, Session $session): ?Response
    {
        if ($request->method === 'GET') {
            return null;
        }
        $gap = microtime(true) - $session->get('last_request_time', 0);
        if ($session->get('last_request_page') === $request->path && $gap <= 1.5) {
            $session->flash('warning', trans('texts.duplicate_post'));

            return Response::redirect('/');
        }
        $session->put('last_request_page', $request->path);
        $session->put('last_request_time', microtime(true));

        return null;
    }

    /** HTTPS where it is required; after new code the first page leads to /update. */
    private function checkStartup(Request $request): ?Response
    {
        if (env('REQUIRE_HTTPS') === true && ! $request->isSecure()) {
            return Response::redirect(str_replace('http://', 'https://', $request->root()) . $request->path);
        }
        if (! $this->isDatabaseSetup()) {
            return null;
        }
        if (! env('APP_URL')) {
            return new Response('<p>There appears to be a problem with your configuration, please check your .env file.</p>');
        }
        $file = storage_path('version.txt');
        if (@file_get_contents($file) !== NINJA_VERSION) {
            file_put_contents($file, NINJA_VERSION);

            return Response::redirect('/update');
        }

        return null;
    }

    private function isDatabaseSetup(): bool
    {
        try {
            DB::run('SELECT 1 FROM accounts LIMIT 1');

            return true;
        } catch (\Exception $error) {
            return false;
        }
    }

    private function checkUser(Router $route, Request $request, Session $session): ?Response
    {
        $user = Auth::user();
        if ($route->needs !== null && ! $user) {
            if ($request->header('X-Requested-With') === 'XMLHttpRequest') {
                return new Response('Unauthorized.', 401);
            }
            if ($request->method === 'GET') {
                $session->put('intended', $request->path);
            }

            return Response::redirect('/login');
        }
        if ($route->needs === 'owner' && ! $user->eligibleForMigration()) {
            return Response::redirect('/settings/account_management');
        }

        return null;
    }

    private function remember(Request $request, Session $session, Response $response): void
    {
        if ($request->method === 'GET' && $response->status === 200) {
            $session->put('_previous', $request->root() . $request->path);
        }
    }

    private function notFound(Request $request): Response
    {
        Errors::log('[not found] ' . date('Y-m-d h:i:s') . '  URL:' . $request->root() . $request->path . "\n\n");

        return Response::page('404', 'Not Found', 404);
    }

    private function failure(Request $request, \Throwable $error): Response
    {
        Errors::report($error);
        if (Session::current()) {
            Session::current()->save();
        }
        if (config('app.debug') === true) {
            return new Response('<h1>Whoops</h1><pre>' . e($error) . '</pre>', 500);
        }
        if (strpos($request->header('Accept'), 'application/json') !== false) {
            return Response::json(['message' => 'Server Error'], 500);
        }

        return Response::page('500', 'Server Error', 500);
    }
}
