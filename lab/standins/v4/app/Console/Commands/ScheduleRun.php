<?php

namespace App\Console\Commands;

use App\Console\Command;

/** Runs what is due this minute: hourly the invoices, daily the reminders, both with an option that they do not have. */
class ScheduleRun extends Command
{
    public const DESCRIPTION = 'Run the scheduled commands';

    public function handle(): ?int
    {
        $due = [];
        if (date('i') === '00') {
            $due[] = 'ninja:send-invoices --force';
        }
        if (date('H:i') === '00:00') {
            $due[] = 'ninja:send-reminders --force';
        }
        foreach ($due as $command) {
            $line = sprintf("'%s' 'artisan' %s > '%s' 2>&1", PHP_BINARY, $command, storage_path('logs/cron.log'));
            $this->info("Running scheduled command: {$line}");
            exec('cd ' . escapeshellarg(base_path()) . ' && ' . $line);
        }
        if (! $due) {
            $this->info('No scheduled commands are ready to run.');
        }

        return null;
    }
}
