<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Illuminate\Queue\Worker;
use Illuminate\Queue\WorkerOptions;

class QueueWork extends Command
{
    public string $name = 'queue:work';

    protected array $options = ['name' => 'default', 'queue' => null, 'daemon' => false, 'once' => false, 'stop-when-empty' => false, 'delay' => 0,
        'backoff' => 0, 'max-jobs' => 0, 'max-time' => 0, 'force' => false, 'memory' => 128, 'sleep' => 3, 'rest' => 0, 'timeout' => 60, 'tries' => 1];

    public function handle(): int
    {
        app()->requireKey();
        $connection = $this->arguments[0] ?? config('queue.default');
        if ($connection !== 'database') {
            $this->output->error("No worker for the queue connection [{$connection}].");
            return 1;
        }
        if ($this->output->isTerminal()) {
            $this->output->info('Processing jobs from the [' . ($this->option('queue') ?? 'default') . '] queue.');
        }
        return (new Worker($this->output, new WorkerOptions(
            (string) ($this->option('queue') ?? 'default'),
            (bool) $this->option('once'),
            (bool) $this->option('stop-when-empty'),
            (bool) $this->option('force'),
            (int) $this->option('memory'),
            (float) $this->option('sleep'),
            (int) $this->option('tries'),
            (int) $this->option('timeout'),
            (int) $this->option('max-jobs'),
            (int) $this->option('max-time'),
        )))->run();
    }
}
