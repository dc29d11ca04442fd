<?php

namespace App\Support;

use App\Models\User;

/** The user for whom the application works in this process. */
class Auth
{
    /** @var User|null */
    private static $user;

    public static function login(?User $user): void
    {
        self::$user = $user;
    }

    public static function user(): ?User
    {
        return self::$user;
    }
}
