<?php

namespace Illuminate\Queue;

use App\Models\Record;
use Illuminate\Contracts\Database\ModelIdentifier;
use ReflectionObject;

/** A job. It is serialized as Laravel does: rows as identifiers, other properties by value. */
abstract class Queueable
{
    public ?int $tries = null;

    public ?int $timeout = null;

    abstract public function handle(): void;

    /** The class name inside the payload: listeners are wrapped. */
    public function commandName(): string
    {
        return str_contains(static::class, '\\Listeners\\') ? 'Illuminate\\Events\\CallQueuedListener' : static::class;
    }

    public function failed(\Throwable $e): void
    {
    }

    public static function dispatch(mixed ...$arguments): void
    {
        app()->queue()->push(new static(...$arguments));
    }

    public function __serialize(): array
    {
        $values = [];
        foreach ((new ReflectionObject($this))->getProperties() as $property) {
            $value = $property->getValue($this);
            if ($value instanceof Record) {
                $value = new ModelIdentifier($value->modelName(), $value->id);
            }
            $prefix = $property->isPrivate() ? "\0{$property->class}\0" : ($property->isProtected() ? "\0*\0" : '');
            $values[$prefix . $property->getName()] = $value;
        }
        return $values;
    }

    public function __unserialize(array $values): void
    {
        foreach ((new ReflectionObject($this))->getProperties() as $property) {
            $prefix = $property->isPrivate() ? "\0{$property->class}\0" : ($property->isProtected() ? "\0*\0" : '');
            if (! array_key_exists($prefix . $property->getName(), $values)) {
                continue;
            }
            $value = $values[$prefix . $property->getName()];
            $property->setValue($this, $value instanceof ModelIdentifier ? Record::restore($value) : $value);
        }
    }
}
