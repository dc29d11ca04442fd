<?php

namespace App\Console\Commands;

use App\Console\Command;

class ViewClear extends Command
{
    public const DESCRIPTION = 'Clear all compiled view files';

    public function handle(): ?int
    {
        array_map('unlink', glob(storage_path('framework/views/*')));
        $this->info('Compiled views cleared!');

        return null;
    }
}
