<?php

namespace App\Console;

/** An artisan command. */
abstract class Command
{
    /** The options it takes: name => whether a value follows. */
    public const OPTIONS = [];
    public const DESCRIPTION = '';

    /** @var array */
    private $options = [];

    /** @return int|null the exit status; null is 0 */
    abstract public function handle(): ?int;

    public function run(array $options): int
    {
        $this->options = $options;

        return (int) $this->handle();
    }

    protected function option(string $name)
    {
        return $this->options[$name] ?? null;
    }

    protected function info(string $text): void
    {
        Output::line($text);
    }

    /** In production a command that changes the database wants --force, or a yes on the terminal. */
    protected function confirmToProceed(): bool
    {
        if (config('app.env') !== 'production' || $this->option('force')) {
            return true;
        }
        $this->info('**************************************');
        $this->info('*     Application In Production!     *');
        $this->info("**************************************\n");
        $answer = '';
        if (! $this->option('no-interaction') && stream_isatty(STDIN)) {
            fwrite(STDOUT, " Do you really wish to run this command? (yes/no) [no]:\n > ");
            $answer = trim((string) fgets(STDIN));
            $this->info('');
        }
        if (preg_match('/^y/i', $answer)) {
            return true;
        }
        $this->info('Command Canceled!');

        return false;
    }
}
