<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class CacheClear extends Command
{
    public string $name = 'cache:clear';

    public function handle(): int
    {
        app()->cache()->flush();
        $this->output->info('Application cache cleared successfully.');
        return 0;
    }
}
