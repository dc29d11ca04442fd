<?php

namespace App\Http;

use App\Models\Accounts;
use App\Models\Record;
use Illuminate\Http\Request;

/** Who asks: the user and the one company that the token belongs to. */
class Auth
{
    public function __construct(public readonly Record $user, public readonly Record $company, public readonly Record $token)
    {
    }

    /** @throws HttpException 403 for a token that is missing or unknown */
    public static function byToken(Request $request): self
    {
        $token = (string) $request->header('X-Api-Token');
        $row = $token === '' ? null : Record::firstWhere('company_tokens', ['token' => $token]);
        if ($row === null || $row->deleted_at !== null) {
            throw HttpException::refuse(403, 'Invalid token');
        }
        $user = Record::find('users', $row->user_id);
        if ($user === null || $user->deleted_at !== null) {
            throw HttpException::refuse(403, 'User inactive');
        }
        $member = Record::firstWhere('company_user', ['company_id' => $row->company_id, 'user_id' => $user->id]);
        if ($member !== null && $member->is_locked) {
            throw HttpException::refuse(403, 'User access locked');
        }
        app()->userId = (int) $user->id;
        return new self($user, Record::find('companies', $row->company_id), $row);
    }

    /** Wants the password again, unless the user logged in moments ago and none is given. */
    public function requirePassword(Request $request): void
    {
        $timeout = (int) $this->company->default_password_timeout;
        $seconds = $timeout === 0 ? 30 * 60 * 1000 * 1000 : $timeout / 1000;
        $password = $request->header('X-API-PASSWORD');
        if ($request->header('X-API-PASSWORD-BASE64') !== null) {
            $password = base64_decode($request->header('X-API-PASSWORD-BASE64'));
        }
        $key = Accounts::cacheKey($this->user);
        $known = (string) $password === '' ? app()->cache()->has($key) : password_verify($password, (string) $this->user->password);
        if (! $known) {
            throw HttpException::refuse(412, 'Invalid Password');
        }
        app()->cache()->put($key, random_key(64), $seconds);
    }
}
