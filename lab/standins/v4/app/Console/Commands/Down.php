<?php

namespace App\Console\Commands;

use App\Console\Command;

class Down extends Command
{
    public const OPTIONS = ['message' => true, 'retry' => true];
    public const DESCRIPTION = 'Put the application into maintenance mode';

    public function handle(): ?int
    {
        if (is_file(storage_path('framework/down'))) {
            $this->info('Application is already down.');

            return null;
        }
        file_put_contents(storage_path('framework/down'), json_encode([
            'time' => time(),
            'message' => $this->option('message'),
            'retry' => is_numeric($this->option('retry')) ? (int) $this->option('retry') : null,
            'allowed' => [],
        ], JSON_PRETTY_PRINT));
        $this->info('Application is now in maintenance mode.');

        return null;
    }
}
