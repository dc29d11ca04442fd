<?php

namespace App\Console\Commands;

use Database\Seeders\DatabaseSeeder;
use Illuminate\Console\Command;

class Seed extends Command
{
    public string $name = 'db:seed';

    protected array $options = ['force' => false, 'class' => 'DatabaseSeeder'];

    public function handle(): int
    {
        if (app()->environment() === 'production' && ! $this->option('force')) {
            $this->output->badge('WARN', 'Command cancelled.');
            return 1;
        }
        $this->seed();
        return 0;
    }

    public function seed(): void
    {
        $this->output->info('Seeding database.');
        (new DatabaseSeeder($this->output))->run();
    }
}
