<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Illuminate\Database\Migrator;

class MigrateStatus extends Command
{
    public string $name = 'migrate:status';

    public function handle(): int
    {
        $migrator = new Migrator($this->output);
        if (! $migrator->prepared()) {
            $this->output->error('Migration table not found.');
            return 1;
        }
        $ran = array_column(app()->db()->select('select migration, batch from `migrations` order by migration'), 'batch', 'migration');
        $pending = array_map(fn () => null, array_diff_key($migrator->files(), $ran));
        $all = [...$ran, ...$pending];
        ksort($all);
        $this->output->line();
        $this->output->twoColumns('Migration name', 'Batch / Status');
        foreach ($all as $name => $batch) {
            $this->output->twoColumns($name, $batch === null ? 'Pending' : "[{$batch}] Ran");
        }
        $this->output->line();
        return 0;
    }
}
