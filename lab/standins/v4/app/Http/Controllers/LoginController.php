<?php

namespace App\Http\Controllers;

use App\Http\Request;
use App\Http\Response;
use App\Http\Session;
use App\Models\User;
use App\Support\Auth;
use App\Support\DB;
use App\Support\Errors;

/** Login with e-mail and password. */
class LoginController
{
    private const ATTEMPTS = 5;
    private const LOCKED_FOR = 60;

    public function show(): Response
    {
        if (Auth::user()) {
            return Response::redirect('/');
        }

        return DB::value('SELECT COUNT(*) FROM users WHERE deleted_at IS NULL')
            ? Response::view('login')
            : Response::redirect('/setup');
    }

    public function login(Request $request, Session $session): Response
    {
        if (Auth::user()) {
            return Response::redirect('/dashboard');
        }
        $email = $request->input('email');
        $password = $request->input('password');
        $user = User::query()->where('email = ?', (string) $email)->first();
        if ($user && $user->failed_logins >= MAX_FAILED_LOGINS) {
            $session->flash('error', trans('texts.invalid_credentials'));

            return Response::redirect('/login');
        }
        foreach (['email' => $email, 'password' => $password] as $field => $value) {
            if (! is_string($value) || $value === '') {
                return $this->refuse($session, ["The {$field} field is required."]);
            }
        }
        $throttle = storage_path('framework/cache/login-' . sha1(strtolower($email) . '|' . $request->ip()));
        if ($wait = $this->lockedFor($throttle)) {
            return $this->refuse($session, ["Too many login attempts. Please try again in {$wait} seconds."]);
        }
        if (! $user || ! password_verify($password, $user->password)) {
            return $this->failed($request, $session, $user, $throttle);
        }
        @unlink($throttle);

        return $this->loggedIn($user, $session);
    }

    private function failed(Request $request, Session $session, ?User $user, string $throttle): Response
    {
        file_put_contents($throttle, time() . "\n", FILE_APPEND);
        Errors::log(sprintf(
            "[failed login] %s %s %s %s\n",
            date('Y-m-d h:i:s'),
            $request->input('email'),
            $request->ip(),
            $_SERVER['HTTP_USER_AGENT'] ?? ''
        ));
        if ($user) {
            $user->update(['failed_logins' => $user->failed_logins + 1]);
        }

        return $this->refuse($session, [trans('texts.invalid_credentials')]);
    }

    private function lockedFor(string $file): int
    {
        $times = is_file($file) ? file($file, FILE_IGNORE_NEW_LINES) : [];
        if ($times && $times[0] < time() - self::LOCKED_FOR) {
            unlink($file);

            return 0;
        }

        return count($times) >= self::ATTEMPTS ? max(1, $times[0] + self::LOCKED_FOR - time()) : 0;
    }

    private function refuse(Session $session, array $errors): Response
    {
        $session->flash('errors', $errors);

        return Response::back();
    }

    private function loggedIn(User $user, Session $session): Response
    {
        $session->regenerate();
        if ($user->google_2fa_secret) {
            $session->put('2fa:user:id', $user->id);

            return Response::redirect('/validate_two_factor/' . $user->account->account_key);
        }
        Auth::login($user);
        $session->put('user_id', $user->id);
        $user->account->update(['last_login' => date('Y-m-d H:i:s')]);
        if ($user->failed_logins > 0) {
            $user->update(['failed_logins' => 0]);
        }
        $session->put('user_accounts', $this->linkedAccounts($user));
        if (strpos($_SERVER['HTTP_USER_AGENT'], 'iPhone') !== false) { // V4 relies on this header: without it, 500
            $session->flash('warning', trans('texts.iphone_app_message'));
        }
        $intended = $session->get('intended', '/dashboard');
        $session->put('intended', null);

        return Response::redirect($intended);
    }

    /** The accounts of the users that this one is linked with: several companies with one login. */
    private function linkedAccounts(User $user): array
    {
        $links = DB::select('SELECT * FROM user_accounts
            WHERE ? IN (user_id1, user_id2, user_id3, user_id4, user_id5)', [$user->id]);
        $accounts = [];
        foreach ($links as $link) {
            unset($link['id']);
            foreach (array_filter($link) as $id) {
                $linked = User::find($id);
                if ($linked) {
                    $accounts[] = $linked->account_id;
                }
            }
        }

        return $accounts;
    }

    public function logout(Request $request, Session $session): Response
    {
        Auth::login(null);
        $session->flush();

        return Response::redirect('/');
    }
}
