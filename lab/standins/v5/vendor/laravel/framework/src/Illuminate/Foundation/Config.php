<?php

namespace Illuminate\Foundation;

/** The configuration, addressed by dotted keys. */
class Config
{
    public function __construct(private array $items)
    {
    }

    public function all(): array
    {
        return $this->items;
    }

    public function has(string $key): bool
    {
        return $this->get($key, $this) !== $this;
    }

    public function get(string $key, mixed $default = null): mixed
    {
        $value = $this->items;
        foreach (explode('.', $key) as $part) {
            if (! is_array($value) || ! array_key_exists($part, $value)) {
                return $default;
            }
            $value = $value[$part];
        }
        return $value;
    }

    public function set(string $key, mixed $value): void
    {
        $place = &$this->items;
        foreach (explode('.', $key) as $part) {
            if (! is_array($place)) {
                $place = [];
            }
            $place = &$place[$part];
        }
        $place = $value;
    }
}
