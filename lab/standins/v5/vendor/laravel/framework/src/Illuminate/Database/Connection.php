<?php

namespace Illuminate\Database;

use PDO;
use PDOException;
use PDOStatement;

/** The database connection: PDO with Laravel's session settings and its exceptions. */
class Connection
{
    private ?PDO $pdo = null;

    public function pdo(): PDO
    {
        if ($this->pdo === null) {
            $c = config('database.connections.mysql');
            $place = $c['unix_socket'] ? "unix_socket={$c['unix_socket']}" : "host={$c['host']};port={$c['port']}";
            $this->pdo = new PDO("mysql:{$place};dbname={$c['database']}", $c['username'], $c['password'], [
                PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                PDO::ATTR_EMULATE_PREPARES => false,
                PDO::ATTR_STRINGIFY_FETCHES => false,
                PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            ]);
            $mode = $c['strict'] ? 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION' : 'NO_ENGINE_SUBSTITUTION';
            $this->pdo->exec("set names '{$c['charset']}' collate '{$c['collation']}'");
            $this->pdo->exec("set session sql_mode='{$mode}'");
        }
        return $this->pdo;
    }

    /** @return array<int, array<string, mixed>> */
    public function select(string $sql, array $bindings = []): array
    {
        return $this->run($sql, $bindings)->fetchAll();
    }

    /** @return array<string, mixed>|null the first row */
    public function first(string $sql, array $bindings = []): ?array
    {
        return $this->select($sql, $bindings)[0] ?? null;
    }

    /** The first column of the first row. */
    public function value(string $sql, array $bindings = []): mixed
    {
        $row = $this->first($sql, $bindings);
        return $row === null ? null : reset($row);
    }

    /** Runs a statement and returns the number of rows it changed. */
    public function execute(string $sql, array $bindings = []): int
    {
        return $this->run($sql, $bindings)->rowCount();
    }

    /** @param array<string, mixed> $row @return int the new id */
    public function insert(string $table, array $row): int
    {
        $columns = implode(', ', array_map(fn (string $c) => "`{$c}`", array_keys($row)));
        $marks = implode(', ', array_fill(0, count($row), '?'));
        $this->run("insert into `{$table}` ({$columns}) values ({$marks})", array_values($row));
        return (int) $this->pdo()->lastInsertId();
    }

    /**
     * Rows in one statement, whose columns are those of the first.
     *
     * @param array<int, array<string, mixed>> $rows
     */
    public function insertAll(string $table, array $rows): void
    {
        $columns = implode(', ', array_map(fn (string $c) => "`{$c}`", array_keys($rows[0])));
        $marks = implode(', ', array_map(fn (array $row) => '(' . implode(', ', array_fill(0, count($row), '?')) . ')', $rows));
        $this->run("insert into `{$table}` ({$columns}) values {$marks}", array_merge(...array_map('array_values', $rows)));
    }

    /** @param array<string, mixed> $row */
    public function update(string $table, array $row, int $id): void
    {
        $sets = implode(', ', array_map(fn (string $c) => "`{$c}` = ?", array_keys($row)));
        $this->run("update `{$table}` set {$sets} where `id` = ?", [...array_values($row), $id]);
    }

    public function transaction(callable $work): mixed
    {
        $this->pdo()->beginTransaction();
        try {
            $result = $work();
            $this->pdo()->commit();
            return $result;
        } catch (\Throwable $e) {
            $this->pdo()->rollBack();
            throw $e;
        }
    }

    private function run(string $sql, array $bindings): PDOStatement
    {
        $bindings = array_map(fn (mixed $value) => is_bool($value) ? (int) $value : $value, $bindings);
        try {
            $statement = $this->pdo()->prepare($sql);
            foreach ($bindings as $i => $value) {
                $type = is_int($value) ? PDO::PARAM_INT : ($value === null ? PDO::PARAM_NULL : PDO::PARAM_STR);
                $statement->bindValue($i + 1, is_float($value) ? (string) $value : $value, $type);
            }
            $statement->execute();
            return $statement;
        } catch (PDOException $e) {
            throw new QueryException('mysql', $sql, $bindings, $e);
        }
    }
}
