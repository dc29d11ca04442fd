<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Console\Migrations;
use App\Console\Output;

class MigrateStatus extends Command
{
    public const OPTIONS = ['database' => true];
    public const DESCRIPTION = 'Show the status of each migration';

    public function handle(): ?int
    {
        $migrations = new Migrations();
        if (! $migrations->isInstalled()) {
            $this->info('Migration table not found.');

            return 1;
        }
        $ran = $migrations->ran();
        $rows = [];
        foreach ($migrations->files() as $name => $file) {
            $rows[] = isset($ran[$name]) ? ['Yes', $name, (string) $ran[$name]] : ['No', $name, ''];
        }
        Output::table(['Ran?', 'Migration', 'Batch'], $rows);

        return null;
    }
}
