<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

/** What cron starts every minute: the queue worker, and every five minutes a restart signal and the sign of life. */
class ScheduleRun extends Command
{
    private const MUTEX_SECONDS = 1440 * 60;

    public string $name = 'schedule:run';

    private bool $ran = false;

    public function handle(): int
    {
        if (! app()->isDown()) {
            $this->runDue((int) date('i') % 5 === 0);
        }
        if (! $this->ran) {
            $this->output->info('No scheduled commands are ready to run.');
        } else {
            $this->output->line();
        }
        return 0;
    }

    private function runDue(bool $fifthMinute): void
    {
        if ($fifthMinute) {
            $this->event('Callback', 'Closure at: app/Console/Kernel.php', fn () => app()->db()->execute(
                'update `accounts` set `is_scheduler_running` = 1, `updated_at` = ? where `id` is not null',
                [now()]
            ));
        }
        if (config('queue.default') !== 'database' || ! config('ninja.internal_queue_enabled') || config('ninja.is_docker')
            || config('ninja.environment') !== 'selfhost') {
            return;
        }
        $this->command('queue:work database --stop-when-empty --memory=256', '* * * * *');
        if ($fifthMinute) {
            $this->command('queue:restart', '*/5 * * * *');
        }
    }

    /** Runs an artisan command in a process of its own, unless its mutex says that one still runs. */
    private function command(string $command, string $expression): void
    {
        $line = "'" . PHP_BINARY . "' 'artisan' {$command}";
        $mutex = self::mutex($command, $expression);
        if (! app()->cache()->add($mutex, true, self::MUTEX_SECONDS)) {
            return;
        }
        $this->event("'artisan' {$command}", "{$line} > '/dev/null' 2>&1", function () use ($line, $mutex): void {
            $process = proc_open(['sh', '-c', "{$line} > '/dev/null' 2>&1"], [], $pipes, base_path());
            proc_close($process);
            app()->cache()->forget($mutex);
        });
    }

    public static function mutex(string $command, string $expression): string
    {
        return 'framework' . DIRECTORY_SEPARATOR . 'schedule-' . sha1("{$expression}'" . PHP_BINARY . "' 'artisan' {$command}");
    }

    private function event(string $summary, string $detail, callable $work): void
    {
        if (! $this->ran) {
            $this->output->line();
        }
        $this->ran = true;
        $this->output->task(now() . " Running [{$summary}]", $work);
        $this->output->line("  ⇂ {$detail}  ");
    }
}
