<?php

namespace App\Utils;

/** Ids as the API shows them: hashids (https://hashids.org) of ten letters, salted with HASH_SALT (empty by default). */
class HashedIds
{
    private const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890';

    private const LENGTH = 10;

    /** @var array{string, string, string}|null alphabet, separators, guards */
    private static ?array $sets = null;

    public static function encode(int $id): string
    {
        [$alphabet, , $guards] = self::sets();
        $hash = $id % 100;
        $lottery = $text = $alphabet[$hash % strlen($alphabet)];
        $alphabet = self::shuffle($alphabet, substr($lottery . self::salt() . $alphabet, 0, strlen($alphabet)));
        $text .= self::digits($id, $alphabet);
        if (strlen($text) < self::LENGTH) {
            $text = $guards[($hash + ord($text[0])) % strlen($guards)] . $text;
        }
        if (strlen($text) < self::LENGTH) {
            $text .= $guards[($hash + ord($text[2])) % strlen($guards)];
        }
        $half = intdiv(strlen($alphabet), 2);
        while (strlen($text) < self::LENGTH) {
            $alphabet = self::shuffle($alphabet, $alphabet);
            $text = substr($alphabet, $half) . $text . substr($alphabet, 0, $half);
            $excess = strlen($text) - self::LENGTH;
            if ($excess > 0) {
                $text = substr($text, intdiv($excess, 2), self::LENGTH);
            }
        }
        return $text;
    }

    /** @return int|null null for a text that is no id */
    public static function decode(string $text): ?int
    {
        [$alphabet, , $guards] = self::sets();
        $parts = explode(' ', str_replace(str_split($guards), ' ', $text));
        $middle = count($parts) === 2 || count($parts) === 3 ? $parts[1] : $parts[0];
        if ($middle === '' || strspn($text, self::LETTERS) !== strlen($text)) {
            return null;
        }
        $alphabet = self::shuffle($alphabet, substr($middle[0] . self::salt() . $alphabet, 0, strlen($alphabet)));
        $id = 0;
        foreach (str_split(substr($middle, 1)) as $letter) {
            $position = $letter === '' ? false : strpos($alphabet, $letter);
            if ($position === false) {
                return null;
            }
            $id = $id * strlen($alphabet) + $position;
        }
        return self::encode($id) === $text ? $id : null;
    }

    private static function salt(): string
    {
        return (string) config('ninja.hash_salt');
    }

    private static function digits(int $number, string $alphabet): string
    {
        $text = '';
        do {
            $text = $alphabet[$number % strlen($alphabet)] . $text;
            $number = intdiv($number, strlen($alphabet));
        } while ($number > 0);
        return $text;
    }

    /** @return array{string, string, string} */
    private static function sets(): array
    {
        if (self::$sets !== null) {
            return self::$sets;
        }
        $separators = 'cfhistuCFHISTU';
        $alphabet = str_replace(str_split($separators), '', self::LETTERS);
        $separators = self::shuffle($separators, self::salt());
        if (strlen($alphabet) / strlen($separators) > 3.5) {
            $wanted = (int) ceil(strlen($alphabet) / 3.5);
            if ($wanted > strlen($separators)) {
                $missing = $wanted - strlen($separators);
                $separators .= substr($alphabet, 0, $missing);
                $alphabet = substr($alphabet, $missing);
            }
        }
        $alphabet = self::shuffle($alphabet, self::salt());
        $count = (int) ceil(strlen($alphabet) / 12);
        return self::$sets = [substr($alphabet, $count), $separators, substr($alphabet, 0, $count)];
    }

    private static function shuffle(string $text, string $salt): string
    {
        if ($salt === '') {
            return $text;
        }
        for ($i = strlen($text) - 1, $v = 0, $sum = 0; $i > 0; $i--, $v++) {
            $v %= strlen($salt);
            $sum += $code = ord($salt[$v]);
            $j = ($code + $v + $sum) % $i;
            [$text[$i], $text[$j]] = [$text[$j], $text[$i]];
        }
        return $text;
    }
}
