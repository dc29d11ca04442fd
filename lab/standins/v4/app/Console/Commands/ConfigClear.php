<?php

namespace App\Console\Commands;

use App\Console\Command;

class ConfigClear extends Command
{
    public const DESCRIPTION = 'Remove the configuration cache file';

    public function handle(): ?int
    {
        @unlink(base_path('bootstrap/cache/config.php'));
        $this->info('Configuration cache cleared!');

        return null;
    }
}
