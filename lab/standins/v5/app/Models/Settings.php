<?php

namespace App\Models;

/** Looks up settings of a client, which fall back to those of its company. */
class Settings
{
    public static function client(Record $client, string $name): mixed
    {
        $own = $client->json('settings')->$name ?? null;
        if ($own !== null && $own !== '') {
            return $own;
        }
        return self::company((int) $client->company_id)->$name ?? null;
    }

    public static function company(int $companyId): object
    {
        $text = app()->db()->value('select `settings` from `companies` where `id` = ?', [$companyId]);
        return json_decode((string) $text) ?: new \stdClass();
    }

    /** @return object|null a row of `currencies`; null for an unknown id */
    public static function currency(mixed $id): ?object
    {
        static $known = [];
        $id = (string) $id;
        if (! array_key_exists($id, $known)) {
            $row = app()->db()->first('select * from `currencies` where `id` = ?', [$id]);
            $known[$id] = $row === null ? null : (object) $row;
        }
        return $known[$id];
    }

    /** The rate from one currency to another, by their rates to the US dollar. */
    public static function exchangeRate(mixed $from, mixed $to): float
    {
        $from = self::currency($from);
        $to = self::currency($to);
        return (1 / $from->exchange_rate) * $to->exchange_rate;
    }
}
