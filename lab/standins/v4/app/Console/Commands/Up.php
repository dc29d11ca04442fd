<?php

namespace App\Console\Commands;

use App\Console\Command;

class Up extends Command
{
    public const DESCRIPTION = 'Bring the application out of maintenance mode';

    public function handle(): ?int
    {
        if (! is_file(storage_path('framework/down'))) {
            $this->info('Application is already up.');

            return null;
        }
        unlink(storage_path('framework/down'));
        $this->info('Application is now live.');

        return null;
    }
}
