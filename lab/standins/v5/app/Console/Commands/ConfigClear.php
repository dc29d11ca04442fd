<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class ConfigClear extends Command
{
    public string $name = 'config:clear';

    public function handle(): int
    {
        $this->clear();
        $this->output->info('Configuration cache cleared successfully.');
        return 0;
    }

    public function clear(): void
    {
        if (is_file(app()->cachedConfigPath())) {
            unlink(app()->cachedConfigPath());
        }
    }
}
