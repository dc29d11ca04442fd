<?php

namespace Illuminate\Cache;

/** Laravel's file cache: one file a key, a ten-digit time of expiry followed by the serialized value. */
class FileStore
{
    public function path(string $key): string
    {
        $hash = sha1($key);
        return config('cache.stores.file.path') . '/' . substr($hash, 0, 2) . '/' . substr($hash, 2, 2) . '/' . $hash;
    }

    public function get(string $key, mixed $default = null): mixed
    {
        $text = is_file($this->path($key)) ? file_get_contents($this->path($key)) : '';
        if (strlen($text) < 11) {
            return $default;
        }
        if ((int) substr($text, 0, 10) <= time()) {
            $this->forget($key);
            return $default;
        }
        return unserialize(substr($text, 10));
    }

    public function has(string $key): bool
    {
        return $this->get($key) !== null;
    }

    /** @param float $seconds 0 keeps the value for ever */
    public function put(string $key, mixed $value, float $seconds): void
    {
        $expires = $seconds == 0 ? 9999999999 : min(9999999999, (int) ceil(time() + $seconds));
        $file = $this->path($key);
        if (! is_dir(dirname($file))) {
            mkdir(dirname($file), 0777, true);
        }
        file_put_contents($file, sprintf('%010d', $expires) . serialize($value), LOCK_EX);
    }

    /** Counts one up and returns the new number; the time of expiry stays that of the first count. */
    public function increment(string $key, float $seconds): int
    {
        $count = 1 + (int) $this->get($key, 0);
        $left = $count === 1 ? $seconds : (int) substr(file_get_contents($this->path($key)), 0, 10) - time();
        $this->put($key, $count, max(1, $left));
        return $count;
    }

    /** Stores the value only if there is none; tells whether it did. */
    public function add(string $key, mixed $value, float $seconds): bool
    {
        if ($this->has($key)) {
            return false;
        }
        $this->put($key, $value, $seconds);
        return true;
    }

    public function forget(string $key): void
    {
        if (is_file($this->path($key))) {
            unlink($this->path($key));
        }
    }

    public function flush(): void
    {
        foreach (glob(config('cache.stores.file.path') . '/*/*/*') as $file) {
            unlink($file);
        }
        foreach ([...glob(config('cache.stores.file.path') . '/*/*'), ...glob(config('cache.stores.file.path') . '/*')] as $folder) {
            if (is_dir($folder)) {
                rmdir($folder);
            }
        }
    }
}
