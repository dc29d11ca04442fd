<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class QueueFailed extends Command
{
    public string $name = 'queue:failed';

    public function handle(): int
    {
        $jobs = app()->db()->select('select * from `failed_jobs` order by `id` desc');
        if ($jobs === []) {
            $this->output->info('No failed jobs found.');
            return 0;
        }
        $this->output->line();
        foreach ($jobs as $job) {
            $name = json_decode($job['payload'], true)['displayName'];
            $this->output->twoColumns("{$job['failed_at']} {$job['uuid']}", "{$job['connection']}@{$job['queue']} {$name}");
        }
        $this->output->line();
        return 0;
    }
}
