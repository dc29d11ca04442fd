<?php

namespace App\Console;

use Illuminate\Console\Command;
use Illuminate\Console\CommandException;
use Illuminate\Console\Output;
use Throwable;

/** The console: finds the command, runs it, shows and logs what it throws. */
class Kernel
{
    private const COMMANDS = [
        Commands\CacheClear::class, Commands\CheckData::class, Commands\ConfigCache::class, Commands\ConfigClear::class,
        Commands\ConfigShow::class, Commands\CreateAccount::class, Commands\Down::class, Commands\EnvShow::class, Commands\KeyGenerate::class,
        Commands\Migrate::class, Commands\MigrateStatus::class, Commands\Optimize::class, Commands\OptimizeClear::class,
        Commands\QueueFailed::class, Commands\QueueFlush::class, Commands\QueueRestart::class, Commands\QueueRetry::class,
        Commands\QueueWork::class, Commands\ScheduleClearCache::class, Commands\ScheduleRun::class, Commands\Seed::class, Commands\Up::class,
    ];

    private Output $output;

    public function __construct()
    {
        $this->output = new Output();
    }

    public function bootstrap(): void
    {
        app()->bootstrap();
    }

    /** @param array<int, string> $argv with the script's name first @return int the exit status */
    public function handle(array $argv): int
    {
        try {
            $this->bootstrap();
            return $this->run(array_slice($argv, 1));
        } catch (Throwable $e) {
            $this->report($e);
            return 1;
        }
    }

    /** @param array<int, string> $words @throws Throwable whatever the command throws */
    public function run(array $words): int
    {
        $words = array_values(array_filter($words, fn (string $word) => ! preg_match('/^(-[qnv]+|--ansi|--no-ansi)$/', $word)));
        if (in_array($words[0] ?? '', ['--version', '-V'], true)) {
            $this->output->line('Laravel Framework 11.19.0');
            return 0;
        }
        foreach (self::COMMANDS as $class) {
            $command = new $class($this->output);
            if ($command->name === ($words[0] ?? 'list')) {
                $command->parse(array_slice($words, 1));
                return $command->handle();
            }
        }
        if (($words[0] ?? 'list') === 'list') {
            return $this->list();
        }
        $this->output->error("Command \"{$words[0]}\" is not defined.");
        return 1;
    }

    private function list(): int
    {
        $this->output->line("Laravel Framework 11.19.0\n\nUsage:\n  command [options] [arguments]\n\nAvailable commands:");
        foreach (self::COMMANDS as $class) {
            $this->output->line('  ' . (new $class($this->output))->name);
        }
        return 0;
    }

    private function report(Throwable $e): void
    {
        try {
            if (! $e instanceof CommandException) {
                app()->log()->exception($e);
            }
        } catch (Throwable $other) {
            $e = $other;
        }
        $this->output->exception($e);
    }
}
