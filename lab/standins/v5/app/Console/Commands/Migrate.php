<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Illuminate\Database\Migrator;

class Migrate extends Command
{
    public string $name = 'migrate';

    protected array $options = ['force' => false, 'seed' => false, 'graceful' => false, 'isolated' => false];

    public function handle(): int
    {
        if (app()->environment() === 'production' && ! $this->option('force')) {
            $this->output->badge('WARN', 'Command cancelled.');
            return 1;
        }
        (new Migrator($this->output))->migrate();
        if ($this->option('seed')) {
            (new Seed($this->output))->seed();
        }
        return 0;
    }
}
