<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class Up extends Command
{
    public string $name = 'up';

    public function handle(): int
    {
        if (! app()->isDown()) {
            $this->output->info('Application is already up.');
            return 0;
        }
        unlink(storage_path('framework/down'));
        $this->output->info('Application is now live.');
        return 0;
    }
}
