<?php

namespace App\Utils;

/** Time-based one-time passwords (RFC 6238): six digits, 30 seconds, one step of tolerance. */
class OneTimePassword
{
    public static function verify(string $secret, string $code): bool
    {
        foreach ([0, -1, 1] as $step) {
            if (hash_equals(self::code($secret, intdiv(time(), 30) + $step), $code)) {
                return true;
            }
        }
        return false;
    }

    public static function code(string $secret, int $counter): string
    {
        $hash = hash_hmac('sha1', pack('J', $counter), self::base32($secret), true);
        $offset = ord($hash[19]) & 0xf;
        $number = unpack('N', substr($hash, $offset, 4))[1] & 0x7fffffff;
        return str_pad((string) ($number % 1000000), 6, '0', STR_PAD_LEFT);
    }

    private static function base32(string $text): string
    {
        $bits = '';
        foreach (str_split(strtoupper(rtrim($text, '='))) as $letter) {
            $bits .= str_pad(decbin((int) strpos('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', $letter)), 5, '0', STR_PAD_LEFT);
        }
        return implode('', array_map(fn (string $byte) => chr(bindec($byte)), str_split(substr($bits, 0, strlen($bits) - strlen($bits) % 8), 8)));
    }
}
