<?php

namespace App\Console;

use App\Support\DB;

/** The files of database/migrations (each returns its SQL) and the table that says which of them ran. */
class Migrations
{
    /** Name => file, oldest first. */
    public function files(): array
    {
        $files = [];
        foreach (glob(base_path('database/migrations/*_*.php')) as $file) {
            $files[basename($file, '.php')] = $file;
        }

        return $files;
    }

    public function isInstalled(): bool
    {
        return (bool) DB::value("SELECT COUNT(*) FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = 'migrations'");
    }

    /** Make the table; false when it was there. */
    public function install(): bool
    {
        if ($this->isInstalled()) {
            return false;
        }
        DB::connection()->exec('CREATE TABLE migrations (
            id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
            migration varchar(255) NOT NULL,
            batch int NOT NULL
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci');

        return true;
    }

    /** Name => batch of what ran. */
    public function ran(): array
    {
        return array_column(DB::select('SELECT migration, batch FROM migrations ORDER BY id'), 'batch', 'migration');
    }

    /** @return string[] */
    public function pending(): array
    {
        return array_keys(array_diff_key($this->files(), $this->ran()));
    }

    public function nextBatch(): int
    {
        return 1 + (int) DB::value('SELECT MAX(batch) FROM migrations');
    }

    /** Run one file, statement by statement, without foreign key checks: tables refer to later ones. */
    public function apply(string $name, int $batch): void
    {
        DB::connection()->exec('SET FOREIGN_KEY_CHECKS=0');
        foreach (preg_split('/;\s*\n/', require $this->files()[$name]) as $statement) {
            if (trim($statement, "; \n") !== '') {
                DB::run(trim($statement, "; \n"));
            }
        }
        DB::connection()->exec('SET FOREIGN_KEY_CHECKS=1');
        DB::insert('migrations', ['migration' => $name, 'batch' => $batch]);
    }
}
