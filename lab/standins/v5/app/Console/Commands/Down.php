<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class Down extends Command
{
    public string $name = 'down';

    protected array $options = ['secret' => null, 'retry' => null, 'refresh' => null, 'redirect' => null, 'render' => null, 'status' => 503];

    public function handle(): int
    {
        if (app()->isDown()) {
            $this->output->info('Application is already down.');
            return 0;
        }
        $data = ['except' => [], 'redirect' => $this->option('redirect'), 'retry' => $this->option('retry'), 'refresh' => $this->option('refresh'),
            'secret' => $this->option('secret'), 'status' => (int) $this->option('status'), 'template' => null];
        file_put_contents(storage_path('framework/down'), json_encode($data, JSON_PRETTY_PRINT));
        $this->output->info('Application is now in maintenance mode.');
        return 0;
    }
}
