<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

/** Removes the mutexes that a killed scheduler left. */
class ScheduleClearCache extends Command
{
    public string $name = 'schedule:clear-cache';

    public function handle(): int
    {
        $cleared = false;
        foreach (['queue:work database --stop-when-empty --memory=256' => '* * * * *', 'queue:restart' => '*/5 * * * *'] as $command => $expression) {
            $mutex = ScheduleRun::mutex($command, $expression);
            if (app()->cache()->has($mutex)) {
                $this->output->info("Deleting mutex for ['" . PHP_BINARY . "' 'artisan' {$command}].");
                app()->cache()->forget($mutex);
                $cleared = true;
            }
        }
        if (! $cleared) {
            $this->output->info('No mutex files were found.');
        }
        return 0;
    }
}
