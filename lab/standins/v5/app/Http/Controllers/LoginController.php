<?php

namespace App\Http\Controllers;

use App\Http\HttpException;
use App\Listeners\User\UpdateUserLastLogin;
use App\Models\Accounts;
use App\Models\Record;
use App\Transformers\CompanyUserTransformer;
use App\Utils\OneTimePassword;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** POST /api/v1/login: secret, throttle, password, second factor; one entry with a token per company. */
class LoginController
{
    private const ATTEMPTS = 5;

    private const THROTTLE_SECONDS = 60;

    public function login(Request $request): Response
    {
        $this->checkSecret($request);
        $this->validate($request);
        $email = (string) $request->get('email');
        $throttle = strtolower($email) . "|{$request->ip}";
        if ((int) app()->cache()->get($throttle, 0) >= self::ATTEMPTS) {
            return $this->deny('Too many login attempts, you are being throttled');
        }
        $user = Record::firstWhere('users', ['email' => $email]);
        if ($user === null || $user->deleted_at !== null || ! password_verify((string) $request->get('password'), (string) $user->password)) {
            app()->cache()->increment($throttle, self::THROTTLE_SECONDS);
            return $this->deny('These credentials do not match our records');
        }
        app()->userId = (int) $user->id;
        if ((string) $user->google_2fa_secret !== '' && ! $this->secondFactor($user, $request)) {
            return $this->deny('Invalid one time password');
        }
        return $this->welcome($user, $request);
    }

    private function checkSecret(Request $request): void
    {
        $secret = config('ninja.api_secret');
        if ($secret && $request->header('X-API-SECRET') !== (string) $secret) {
            throw HttpException::refuse(403, 'Invalid secret');
        }
    }

    private function validate(Request $request): void
    {
        $errors = [];
        foreach (['email', 'password'] as $field) {
            $value = $request->get($field);
            if ($value === null || (is_string($value) && trim($value) === '')) {
                $errors[$field] = ["The {$field} field is required."];
            }
        }
        if ($errors !== []) {
            throw new HttpException(422, ['message' => 'The given data was invalid.', 'errors' => $errors], 302);
        }
    }

    private function secondFactor(Record $user, Request $request): bool
    {
        $code = (string) $request->get('one_time_password', '');
        return $code !== '' && OneTimePassword::verify((string) app()->decrypt($user->google_2fa_secret), $code);
    }

    private function welcome(Record $user, Request $request): Response
    {
        $account = Record::find('accounts', $user->account_id);
        $members = Record::allWhere('company_user', ['user_id' => $user->id]);
        if ($members === []) {
            return Response::json(['message' => 'User found, but not attached to any companies, please see your administrator'], 400);
        }
        $default = Record::find('companies', $account->default_company_id);
        if ($default === null) {
            $default = Record::find('companies', $members[0]->company_id);
            $account->default_company_id = $default->id;
            $account->save();
        }
        $timeout = (int) $default->default_password_timeout;
        app()->cache()->put(Accounts::cacheKey($user), random_key(64), $timeout === 0 ? 30 * 60 * 1000 * 1000 : $timeout / 1000);
        foreach ($members as $member) {
            $where = ['company_id' => $member->company_id, 'user_id' => $user->id, 'is_system' => 1];
            if (Record::firstWhere('company_tokens', $where) === null) {
                Accounts::token(Record::find('companies', $member->company_id), $user, $request->header('User-Agent') ?? 'Symfony');
            }
        }
        UpdateUserLastLogin::dispatch($user, $default, $request->ip);
        $transformer = new CompanyUserTransformer($user, $account);
        return Response::json(['data' => array_map($transformer->transform(...), $members)], 200, [
            'X-Api-Version' => (string) config('ninja.minimum_client_version'),
        ]);
    }

    private function deny(string $message): Response
    {
        return Response::json(['message' => $message], 401, ['X-Api-Version' => (string) config('ninja.minimum_client_version')]);
    }
}
