<?php

namespace App\Models;

use DateTime;
use Exception;
use Illuminate\Contracts\Database\ModelIdentifier;

/**
 * One row of a table. Values keep the order in which they were set, saving writes what changed, and filling obeys the list of
 * fillable columns unless records are unguarded (for all tables at once, as in Eloquent).
 */
class Record
{
    /** Columns that hold JSON. */
    private const JSON = ['settings', 'line_items', 'custom_fields', 'backup', 'tax_data', 'client_registration_fields', 'meta', 'notifications',
        'permissions_json', 'refund_meta', 'fees_and_limits'];

    public static bool $unguarded = false;

    /** @var array<string, mixed> */
    private array $original = [];

    private bool $exists = false;

    /** @param array<string, mixed> $values */
    public function __construct(public readonly string $table, private array $values = [])
    {
    }

    /** @param array<string, mixed> $row */
    public static function fromRow(string $table, array $row): self
    {
        $record = new self($table, $row);
        $record->original = $row;
        $record->exists = true;
        return $record;
    }

    public static function find(string $table, mixed $id): ?self
    {
        return self::firstWhere($table, ['id' => $id]);
    }

    /** @param array<string, mixed> $where */
    public static function firstWhere(string $table, array $where): ?self
    {
        return self::allWhere($table, $where, ' order by `id` limit 1')[0] ?? null;
    }

    /** @param array<string, mixed> $where @return array<int, self> */
    public static function allWhere(string $table, array $where, string $tail = ' order by `id`'): array
    {
        $conditions = implode(' and ', array_map(fn (string $column) => "`{$column}` = ?", array_keys($where))) ?: '1 = 1';
        $rows = app()->db()->select("select * from `{$table}` where {$conditions}{$tail}", array_values($where));
        return array_map(fn (array $row) => self::fromRow($table, $row), $rows);
    }

    /** @throws ModelNotFoundException when the row that a job refers to is gone */
    public static function restore(ModelIdentifier $identifier): self
    {
        $table = Tables::table($identifier->class);
        return self::find($table, $identifier->id) ?? throw new ModelNotFoundException($identifier->class);
    }

    public function modelName(): string
    {
        return Tables::model($this->table);
    }

    public function __get(string $name): mixed
    {
        return $this->values[$name] ?? null;
    }

    public function __set(string $name, mixed $value): void
    {
        if (in_array($name, self::JSON, true) && (is_array($value) || is_object($value))) {
            $value = json_encode($value);
        }
        if (in_array($name, ['created_at', 'updated_at'], true) && is_string($value)) {
            self::requireDate($value);
        }
        $this->values[$name] = $value;
    }

    /** @throws Exception in Carbon's words */
    public static function requireDate(string $value): void
    {
        try {
            new DateTime($value);
        } catch (Exception $e) {
            throw new Exception("Could not parse '{$value}': {$e->getMessage()}");
        }
    }

    public function __isset(string $name): bool
    {
        return isset($this->values[$name]);
    }

    /** The decoded value of a JSON column. */
    public function json(string $name): mixed
    {
        return isset($this->values[$name]) ? json_decode($this->values[$name]) : null;
    }

    /** @return array<string, mixed> */
    public function toArray(): array
    {
        return $this->values;
    }

    /** @param array<string, mixed> $data */
    public function fill(array $data): self
    {
        $fillable = array_flip(Tables::fillable($this->table));
        foreach ($data as $name => $value) {
            if (self::$unguarded || isset($fillable[$name])) {
                $this->$name = $value;
            }
        }
        return $this;
    }

    public function save(bool $timestamps = true): self
    {
        $stamped = $timestamps && Tables::hasTimestamps($this->table);
        if ($this->exists) {
            $changes = $this->changes();
            if ($changes !== []) {
                if ($stamped && ! array_key_exists('updated_at', $changes)) {
                    $this->values['updated_at'] = $changes['updated_at'] = now();
                }
                app()->db()->update($this->table, $changes, $this->values['id']);
            }
        } else {
            if ($stamped) {
                $this->values += ['updated_at' => now(), 'created_at' => now()];
            }
            $this->values['id'] = app()->db()->insert($this->table, $this->values);
            $this->exists = true;
        }
        $this->original = $this->values;
        return $this;
    }

    /** @return array<string, mixed> */
    private function changes(): array
    {
        $changes = [];
        foreach ($this->values as $name => $value) {
            $known = array_key_exists($name, $this->original);
            if (! $known || ! $this->same($value, $this->original[$name])) {
                $changes[$name] = $value;
            }
        }
        return $changes;
    }

    private function same(mixed $a, mixed $b): bool
    {
        if ($a === $b) {
            return true;
        }
        if ($a === null || $b === null) {
            return false;
        }
        return is_numeric($a) && is_numeric($b) ? (string) $a === (string) $b : (string) (is_bool($a) ? (int) $a : $a) === (string) $b;
    }

    /** Reads the row again, as the database keeps it. */
    public function fresh(): self
    {
        $row = app()->db()->first("select * from `{$this->table}` where `id` = ?", [$this->values['id']]);
        $this->values = $this->original = $row;
        return $this;
    }

    public function delete(): void
    {
        app()->db()->execute("delete from `{$this->table}` where `id` = ?", [$this->values['id']]);
    }

    public function hashedId(): string
    {
        return \App\Utils\HashedIds::encode((int) $this->values['id']);
    }
}
