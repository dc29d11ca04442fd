<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Console\Lookups;

class DbSeed extends Command
{
    public const OPTIONS = ['force' => false, 'class' => true, 'database' => true];
    public const DESCRIPTION = 'Seed the database with records';

    public function handle(): ?int
    {
        if (! $this->confirmToProceed()) {
            return null;
        }
        $class = $this->option('class') ?: 'DatabaseSeeder';
        if (! in_array($class, ['DatabaseSeeder', 'UpdateSeeder'], true)) {
            throw new \ReflectionException("Class {$class} does not exist");
        }
        if ($class === 'UpdateSeeder') {
            $this->info('Running UpdateSeeder...');
        }
        foreach (Lookups::SEEDERS as $seeder => $tables) {
            $this->info("Seeding: {$seeder}");
            $start = microtime(true);
            array_map([Lookups::class, 'fill'], $tables);
            $this->info(sprintf('Seeded:  %s (%s seconds)', $seeder, round(microtime(true) - $start, 2)));
        }
        $this->info('Database seeding completed successfully.');

        return null;
    }
}
