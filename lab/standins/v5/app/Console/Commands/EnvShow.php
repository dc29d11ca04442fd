<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class EnvShow extends Command
{
    public string $name = 'env';

    public function handle(): int
    {
        $this->output->info('The application environment is [' . app()->environment() . '].');
        return 0;
    }
}
