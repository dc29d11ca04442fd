<?php

namespace App\Models;

use App\Support\Carbon;
use App\Support\DB;

/**
 * One row. A property is a column, or what a method of that name finds (a relation). created_at, updated_at and
 * deleted_at are moments; every other column keeps the type that MySQL's driver gives it. A column that does not exist
 * is null, as in Laravel.
 */
abstract class Model
{
    public const TABLE = '';
    public const SOFT_DELETES = true;
    protected const BOOLEANS = [];
    protected const DATES = ['created_at', 'updated_at', 'deleted_at'];

    /** @var array */
    protected $row;
    /** @var array */
    private $related = [];

    public function __construct(array $row = [])
    {
        $this->row = $row;
    }

    public static function query(): Query
    {
        return new Query(static::class);
    }

    public static function find($id): ?self
    {
        return static::query()->where('id = ?', $id)->first();
    }

    public function __get(string $name)
    {
        if (! array_key_exists($name, $this->row)) {
            return method_exists($this, $name) ? $this->relation($name) : null;
        }
        $value = $this->row[$name];
        if ($value !== null && in_array($name, static::DATES, true)) {
            return new Carbon($value);
        }
        if ($value !== null && in_array($name, static::BOOLEANS, true)) {
            return (bool) $value;
        }

        return $value;
    }

    public function __isset(string $name): bool
    {
        return $this->__get($name) !== null;
    }

    public function __set(string $name, $value): void
    {
        $this->row[$name] = $value;
    }

    private function relation(string $name)
    {
        if (! array_key_exists($name, $this->related)) {
            $found = $this->$name();
            $this->related[$name] = $found instanceof Query ? $found->get() : $found;
        }

        return $this->related[$name];
    }

    /** The row of another table whose id is in $column, or null. */
    protected function belongsTo(string $model, string $column, bool $withTrashed = false): ?self
    {
        $query = $model::query()->where('id = ?', $this->row[$column] ?? null);

        return ($withTrashed ? $query->withTrashed() : $query)->first();
    }

    /** The rows of another table that name this one in $column. */
    protected function hasMany(string $model, string $column): Query
    {
        return $model::query()->where("{$column} = ?", $this->row['id'] ?? null);
    }

    /** Write columns of this row, and updated_at. */
    public function update(array $values): void
    {
        $values['updated_at'] = date('Y-m-d H:i:s');
        DB::update(static::TABLE, $this->row['id'], $values);
        $this->row = $values + $this->row;
    }

    /** Insert a row for $user, with the next public_id of the account and the timestamps. */
    public static function createFor(User $user, array $values): self
    {
        $last = DB::value('SELECT MAX(public_id) FROM `' . static::TABLE . '` WHERE account_id = ?', [$user->account_id]);
        $now = date('Y-m-d H:i:s');
        $values += ['user_id' => $user->id, 'account_id' => $user->account_id, 'public_id' => $last + 1];
        $values += ['created_at' => $now, 'updated_at' => $now];

        return static::query()->where('id = ?', DB::insert(static::TABLE, $values))->first();
    }

    /** The columns as Laravel serialises them: without id, moments as text. */
    public function toArray(): array
    {
        $row = $this->row;
        unset($row['id']);

        return $row;
    }
}
