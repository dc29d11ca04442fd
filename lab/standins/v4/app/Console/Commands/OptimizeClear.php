<?php

namespace App\Console\Commands;

use App\Console\Command;

class OptimizeClear extends Command
{
    public const DESCRIPTION = 'Remove the cached bootstrap files';

    public function handle(): ?int
    {
        foreach ([ViewClear::class, CacheClear::class, RouteClear::class, ConfigClear::class, ClearCompiled::class] as $one) {
            (new $one())->run([]);
        }
        $this->info('Caches cleared successfully!');

        return null;
    }
}
