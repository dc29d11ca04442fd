<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Support\Config;
use App\Support\Dotenv;

class ConfigCache extends Command
{
    public const DESCRIPTION = 'Create a cache file for faster configuration loading';

    public function handle(): ?int
    {
        @unlink(Config::cacheFile());
        $this->info('Configuration cache cleared!');
        Dotenv::load(base_path('.env'));
        file_put_contents(Config::cacheFile(), '<?php return ' . var_export(Config::files(), true) . ";\n");
        $this->info('Configuration cached successfully!');

        return null;
    }
}
