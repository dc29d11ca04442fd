<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Console\Migrations;

class Migrate extends Command
{
    public const OPTIONS = ['force' => false, 'seed' => false, 'step' => false, 'database' => true];
    public const DESCRIPTION = 'Run the database migrations';

    public function handle(): ?int
    {
        if (! $this->confirmToProceed()) {
            return null;
        }
        $migrations = new Migrations();
        if ($migrations->install()) {
            $this->info('Migration table created successfully.');
        }
        $pending = $migrations->pending();
        if (! $pending) {
            $this->info('Nothing to migrate.');
        }
        $batch = $migrations->nextBatch();
        foreach ($pending as $name) {
            $this->info("Migrating: {$name}");
            $start = microtime(true);
            $migrations->apply($name, $batch);
            $this->info(sprintf('Migrated:  %s (%s seconds)', $name, round(microtime(true) - $start, 2)));
        }

        return null;
    }
}
