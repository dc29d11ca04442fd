<?php

namespace App\Support;

use PDO;
use PDOStatement;

/** The MySQL connection, with the session settings that Laravel 6 gives it: utf8, and not strict unless DB_STRICT. */
class DB
{
    /** @var PDO|null */
    private static $pdo;

    public static function connection(): PDO
    {
        if (! self::$pdo) {
            $settings = config('database.connections.mysql');
            $dsn = sprintf(
                'mysql:host=%s;port=%s;dbname=%s',
                $settings['host'],
                $settings['port'],
                $settings['database']
            );
            self::$pdo = new PDO($dsn, $settings['username'], $settings['password'], [
                PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                PDO::ATTR_EMULATE_PREPARES => false,
                PDO::ATTR_STRINGIFY_FETCHES => false,
                PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            ]);
            self::$pdo->exec("SET NAMES 'utf8' COLLATE 'utf8_unicode_ci'");
            self::$pdo->exec("SET SESSION sql_mode='" . self::mode((bool) $settings['strict']) . "'");
        }

        return self::$pdo;
    }

    private static function mode(bool $isStrict): string
    {
        $strict = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,';

        return ($isStrict ? $strict : '') . 'NO_ENGINE_SUBSTITUTION';
    }

    public static function run(string $sql, array $values = []): PDOStatement
    {
        try {
            $statement = self::connection()->prepare($sql);
            $statement->execute(array_values($values));
        } catch (\PDOException $error) {
            throw new QueryException($sql, $values, $error);
        }

        return $statement;
    }

    /** Rows with their columns in native types: integers, decimals as text, null. */
    public static function select(string $sql, array $values = []): array
    {
        return self::run($sql, $values)->fetchAll();
    }

    /** The first column of the first row, or null. */
    public static function value(string $sql, array $values = [])
    {
        $rows = self::select($sql, $values);

        return $rows ? reset($rows[0]) : null;
    }

    public static function insert(string $table, array $row): int
    {
        $columns = '`' . implode('`,`', array_keys($row)) . '`';
        $marks = implode(',', array_fill(0, count($row), '?'));
        self::run("INSERT INTO `{$table}` ({$columns}) VALUES ({$marks})", $row);

        return (int) self::connection()->lastInsertId();
    }

    public static function update(string $table, int $id, array $row): void
    {
        $set = implode(',', array_map(function ($column) {
            return "`{$column}`=?";
        }, array_keys($row)));
        self::run("UPDATE `{$table}` SET {$set} WHERE id=?", array_merge(array_values($row), [$id]));
    }
}
