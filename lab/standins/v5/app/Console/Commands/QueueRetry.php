<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

/** Puts failed jobs back on their queue: all of them, or those with the given ids. */
class QueueRetry extends Command
{
    public string $name = 'queue:retry';

    protected array $options = ['queue' => null];

    public function handle(): int
    {
        $jobs = app()->db()->select('select * from `failed_jobs` order by `id`');
        if ($this->arguments !== ['all']) {
            $jobs = array_filter($jobs, fn (array $job) => in_array($job['uuid'], $this->arguments, true));
        }
        if ($jobs === []) {
            $this->output->info('No retryable jobs found.');
            return 0;
        }
        $this->output->info('Pushing failed queue jobs back onto the queue.');
        foreach ($jobs as $job) {
            $this->output->task($job['uuid'], function () use ($job): void {
                app()->queue()->store(json_decode($job['payload'], true), $job['queue']);
                app()->db()->execute('delete from `failed_jobs` where `id` = ?', [$job['id']]);
            });
        }
        $this->output->line();
        return 0;
    }
}
