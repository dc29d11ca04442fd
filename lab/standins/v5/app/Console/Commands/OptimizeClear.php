<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class OptimizeClear extends Command
{
    public string $name = 'optimize:clear';

    public function handle(): int
    {
        $this->output->info('Clearing cached bootstrap files.');
        $this->output->task('cache', fn () => app()->cache()->flush());
        $this->output->task('compiled', fn () => $this->remove('packages.php', 'services.php'));
        $this->output->task('config', fn () => (new ConfigClear($this->output))->clear());
        $this->output->task('events', fn () => $this->remove('events.php'));
        $this->output->task('routes', fn () => $this->remove('routes-v7.php'));
        $this->output->task('views', fn () => array_map('unlink', glob(storage_path('framework/views/*.php'))));
        $this->output->line();
        return 0;
    }

    private function remove(string ...$files): void
    {
        foreach ($files as $file) {
            if (is_file(base_path("bootstrap/cache/{$file}"))) {
                unlink(base_path("bootstrap/cache/{$file}"));
            }
        }
    }
}
