<?php

namespace App\Support;

/** The files of config/, or what `config:cache` made of them: then .env is not read at all, and env() knows nothing. */
class Config
{
    /** @var array|null */
    private static $values;

    public static function isCached(): bool
    {
        return is_file(self::cacheFile());
    }

    public static function cacheFile(): string
    {
        return base_path('bootstrap/cache/config.php');
    }

    public static function all(): array
    {
        if (self::$values === null) {
            self::$values = self::isCached() ? require self::cacheFile() : self::files();
        }

        return self::$values;
    }

    /** What the files say, without the cache. */
    public static function files(): array
    {
        $values = [];
        foreach (glob(base_path('config/*.php')) as $file) {
            $values[basename($file, '.php')] = require $file;
        }

        return $values;
    }

    /** The value of a name with dots, such as app.key. */
    public static function get(string $name)
    {
        $value = self::all();
        foreach (explode('.', $name) as $part) {
            $value = $value[$part] ?? null;
        }

        return $value;
    }
}
