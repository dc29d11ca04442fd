<?php

namespace App\Console\Commands;

use App\Console\Command;

class ClearCompiled extends Command
{
    public const DESCRIPTION = 'Remove the compiled class file';

    public function handle(): ?int
    {
        @unlink(base_path('bootstrap/cache/services.php'));
        @unlink(base_path('bootstrap/cache/packages.php'));
        $this->info('Compiled services and packages files removed!');

        return null;
    }
}
