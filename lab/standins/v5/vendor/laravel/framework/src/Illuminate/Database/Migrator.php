<?php

namespace Illuminate\Database;

use Illuminate\Console\Output;

/** Loads the stored schema into an empty database and runs the migrations that the migrations table does not list. */
class Migrator
{
    public function __construct(private readonly Output $output)
    {
    }

    public function prepared(): bool
    {
        return app()->db()->select(
            'select table_name as `name` from information_schema.tables where table_schema = ? and table_name = ?',
            [config('database.connections.mysql.database'), 'migrations']
        ) !== [];
    }

    public function migrate(): void
    {
        if (! $this->prepared()) {
            $this->output->info('Preparing database.');
            $this->output->task('Creating migration table', fn () => app()->db()->execute(
                'create table migrations (id int(10) unsigned not null auto_increment primary key, migration varchar(191) not null, batch int not null)'
                . ' default character set utf8mb4 collate utf8mb4_unicode_ci'
            ));
            $this->output->line();
        }
        if ((int) app()->db()->value('select count(*) from `migrations`') === 0) {
            $this->loadSchema();
        }
        $pending = array_diff_key($this->files(), array_flip($this->ran()));
        if ($pending === []) {
            $this->output->info('Nothing to migrate.');
            return;
        }
        $this->output->info('Running migrations.');
        $batch = 1 + (int) app()->db()->value('select max(batch) from `migrations`');
        foreach ($pending as $name => $file) {
            $this->output->task($name, function () use ($name, $file, $batch): void {
                foreach (require $file as $sql) {
                    app()->db()->execute($sql);
                }
                app()->db()->insert('migrations', ['migration' => $name, 'batch' => $batch]);
            });
        }
        $this->output->line();
    }

    /** @return array<string, string> name => file */
    public function files(): array
    {
        $files = [];
        foreach (glob(base_path('database/migrations/*.php')) as $file) {
            $files[basename($file, '.php')] = $file;
        }
        return $files;
    }

    /** @return array<int, string> */
    public function ran(): array
    {
        return array_column(app()->db()->select('select migration from `migrations` order by batch, migration'), 'migration');
    }

    private function loadSchema(): void
    {
        $this->output->info('Loading stored database schemas.');
        $this->output->task('database/schema/mysql-schema.sql', function (): void {
            app()->db()->execute('drop table migrations');
            (new SchemaLoader())->load(base_path('database/schema/mysql-schema.sql'));
        });
    }
}
