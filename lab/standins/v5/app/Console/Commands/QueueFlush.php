<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class QueueFlush extends Command
{
    public string $name = 'queue:flush';

    protected array $options = ['hours' => null];

    public function handle(): int
    {
        if ($this->option('hours') === null) {
            app()->db()->execute('delete from `failed_jobs`');
            $this->output->info('All failed jobs deleted successfully.');
            return 0;
        }
        app()->db()->execute('delete from `failed_jobs` where `failed_at` <= ?', [date('Y-m-d H:i:s', time() - 3600 * (int) $this->option('hours'))]);
        $this->output->info("All jobs that failed more than {$this->option('hours')} hours ago have been deleted successfully.");
        return 0;
    }
}
