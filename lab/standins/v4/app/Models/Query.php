<?php

namespace App\Models;

use App\Support\DB;

/** A SELECT over one model's table; rows that were soft-deleted are left out unless withTrashed() was called. */
class Query
{
    /** @var string */
    private $model;
    /** @var string[] */
    private $conditions = [];
    /** @var array */
    private $values = [];
    /** @var bool */
    private $withTrashed = false;
    /** @var string */
    private $order = '';

    public function __construct(string $model)
    {
        $this->model = $model;
    }

    /** A condition in SQL with ? for each value. */
    public function where(string $condition, ...$values): self
    {
        $this->conditions[] = "({$condition})";
        $this->values = array_merge($this->values, $values);

        return $this;
    }

    public function withTrashed(): self
    {
        $this->withTrashed = true;

        return $this;
    }

    public function orderBy(string $columns): self
    {
        $this->order = " ORDER BY {$columns}";

        return $this;
    }

    /** @return Model[] */
    public function get(): array
    {
        $rows = DB::select("SELECT * FROM `{$this->table()}`{$this->filter()}{$this->order}", $this->values);

        return array_map(function (array $row) {
            return new $this->model($row);
        }, $rows);
    }

    public function first(): ?Model
    {
        $rows = DB::select("SELECT * FROM `{$this->table()}`{$this->filter()}{$this->order} LIMIT 1", $this->values);

        return $rows ? new $this->model($rows[0]) : null;
    }

    public function count(): int
    {
        return (int) DB::value("SELECT COUNT(*) FROM `{$this->table()}`{$this->filter()}", $this->values);
    }

    private function table(): string
    {
        return $this->model::TABLE;
    }

    private function filter(): string
    {
        $conditions = $this->conditions;
        if ($this->model::SOFT_DELETES && ! $this->withTrashed) {
            $conditions[] = 'deleted_at IS NULL';
        }

        return $conditions ? ' WHERE ' . implode(' AND ', $conditions) : '';
    }
}
