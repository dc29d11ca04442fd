<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class QueueRestart extends Command
{
    public string $name = 'queue:restart';

    public function handle(): int
    {
        app()->cache()->put('illuminate:queue:restart', time(), 0);
        $this->output->info('Broadcasting queue restart signal.');
        return 0;
    }
}
