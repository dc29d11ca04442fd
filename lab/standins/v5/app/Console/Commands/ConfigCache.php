<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class ConfigCache extends Command
{
    public string $name = 'config:cache';

    public function handle(): int
    {
        $this->write();
        $this->output->info('Configuration cached successfully.');
        return 0;
    }

    /** Writes the configuration as .env and config/ give it now: the old cache has no say. */
    public function write(): void
    {
        $config = app()->freshConfig();
        file_put_contents(app()->cachedConfigPath(), '<?php return ' . var_export($config, true) . ";\n");
    }
}
