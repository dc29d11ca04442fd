<?php

namespace App\Console;

use App\Support\Errors;
use Symfony\Component\Console\Exception\CommandNotFoundException;
use Symfony\Component\Console\Exception\RuntimeException;
use Symfony\Component\Debug\Exception\FatalThrowableError;

/** Finds the command that artisan was asked for and runs it. */
class Kernel
{
    public const COMMANDS = [
        'cache:clear' => Commands\CacheClear::class,
        'clear-compiled' => Commands\ClearCompiled::class,
        'config:cache' => Commands\ConfigCache::class,
        'config:clear' => Commands\ConfigClear::class,
        'db:seed' => Commands\DbSeed::class,
        'down' => Commands\Down::class,
        'migrate' => Commands\Migrate::class,
        'migrate:status' => Commands\MigrateStatus::class,
        'migrations:export' => Commands\ExportMigrations::class,
        'ninja:check-data' => Commands\CheckData::class,
        'ninja:send-invoices' => Commands\SendRecurringInvoices::class,
        'ninja:send-reminders' => Commands\SendReminders::class,
        'optimize:clear' => Commands\OptimizeClear::class,
        'route:clear' => Commands\RouteClear::class,
        'schedule:run' => Commands\ScheduleRun::class,
        'up' => Commands\Up::class,
        'view:clear' => Commands\ViewClear::class,
    ];
    private const GLOBAL_OPTIONS = [
        'ansi' => false, 'no-ansi' => false, 'env' => true, 'help' => false, 'no-interaction' => false, 'quiet' => false,
        'verbose' => false, 'version' => false,
    ];
    private const SHORT = ['n' => 'no-interaction', 'q' => 'quiet', 'v' => 'verbose', 'V' => 'version', 'h' => 'help'];

    /** Run artisan with its arguments and return the exit status. */
    public function run(array $arguments): int
    {
        try {
            if (array_intersect(['--version', '-V'], $arguments)) {
                Output::line('Laravel Framework 6.20.44');

                return 0;
            }
            $name = $this->name($arguments);
            if ($name === null || $name === 'list') {
                return $this->list();
            }
            if (! isset(self::COMMANDS[$name])) {
                throw new CommandNotFoundException("Command \"{$name}\" is not defined.");
            }
            $class = self::COMMANDS[$name];
            $options = $this->options($arguments, $class::OPTIONS, $name);
            if (isset($options['help'])) {
                return $this->help($name, $class);
            }

            return (new $class())->run($options);
        } catch (\Throwable $error) {
            $error = $error instanceof \Error ? new FatalThrowableError($error) : $error;
            Errors::report($error);
            Output::error($error);

            return 1;
        }
    }

    /** The first word that is no option. */
    private function name(array $arguments): ?string
    {
        foreach ($arguments as $word) {
            if (strpos($word, '-') !== 0) {
                return $word;
            }
        }

        return null;
    }

    /** The options as name => value; an option that takes a value takes the next word too (--email me@example.com). */
    private function options(array $arguments, array $known, string $command): array
    {
        $known += self::GLOBAL_OPTIONS;
        $options = [];
        $words = [];
        $waiting = null;
        foreach ($arguments as $word) {
            if (strpos($word, '-') !== 0) {
                if ($waiting !== null && $words) {
                    $options[$waiting] = $word;
                } else {
                    $words[] = $word;
                }
                $waiting = null;
                continue;
            }
            [$name, $value] = array_pad(explode('=', ltrim($word, '-'), 2), 2, null);
            $name = strpos($word, '--') === 0 ? $name : (self::SHORT[$name] ?? $name);
            if (! array_key_exists($name, $known)) {
                throw new RuntimeException("The \"--{$name}\" option does not exist.");
            }
            if ($value !== null && ! $known[$name]) {
                throw new RuntimeException("The \"--{$name}\" option does not accept a value.");
            }
            $options[$name] = $known[$name] ? $value : true;
            $waiting = $known[$name] && $value === null ? $name : null;
        }
        if ($words !== [$command]) {
            throw new RuntimeException('Too many arguments, expected arguments "command".');
        }

        return $options;
    }

    private function help(string $name, string $class): int
    {
        Output::line("Description:\n  " . $class::DESCRIPTION . "\n\nUsage:\n  {$name} [options]\n\nOptions:");
        foreach ($class::OPTIONS + self::GLOBAL_OPTIONS as $option => $takesValue) {
            Output::line("      --{$option}" . ($takesValue ? "[=VALUE]" : ''));
        }

        return 0;
    }

    private function list(): int
    {
        Output::line("Laravel Framework 6.20.44\n\nUsage:\n  command [options] [arguments]\n\nAvailable commands:");
        foreach (self::COMMANDS as $name => $class) {
            Output::line(sprintf('  %-24s%s', $name, $class::DESCRIPTION));
        }

        return 0;
    }
}
