<?php

namespace App\Console\Commands;

use App\Console\Command;

class CacheClear extends Command
{
    public const DESCRIPTION = 'Flush the application cache';

    public function handle(): ?int
    {
        array_map('unlink', glob(storage_path('framework/cache/*')));
        $this->info('Application cache cleared!');

        return null;
    }
}
