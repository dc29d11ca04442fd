<?php

namespace App\Console\Commands;

use App\Console\Command;

class RouteClear extends Command
{
    public const DESCRIPTION = 'Remove the route cache file';

    public function handle(): ?int
    {
        @unlink(base_path('bootstrap/cache/routes.php'));
        $this->info('Route cache cleared!');

        return null;
    }
}
