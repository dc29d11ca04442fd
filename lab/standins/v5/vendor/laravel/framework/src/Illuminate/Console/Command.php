<?php

namespace Illuminate\Console;

/** An artisan command: its name, the options it knows, and what it does. */
abstract class Command
{
    public string $name = '';

    /** @var array<string, mixed> option => default; true/false options are flags */
    protected array $options = [];

    /** @var array<string, mixed> */
    private array $given = [];

    /** @var array<int, string> */
    protected array $arguments = [];

    public function __construct(protected readonly Output $output)
    {
    }

    /** @return int the exit status */
    abstract public function handle(): int;

    /**
     * @param array<int, string> $words what follows the command's name
     * @throws CommandException for an option that the command does not have
     */
    public function parse(array $words): void
    {
        $this->given = $this->options;
        $this->arguments = [];
        for ($i = 0; $i < count($words); $i++) {
            if (! str_starts_with($words[$i], '--')) {
                $this->arguments[] = $words[$i];
                continue;
            }
            [$name, $value] = array_pad(explode('=', substr($words[$i], 2), 2), 2, null);
            if (in_array($name, ['no-interaction', 'quiet', 'ansi', 'no-ansi', 'env'], true)) {
                continue;
            }
            if (! array_key_exists($name, $this->options)) {
                throw new CommandException("The \"--{$name}\" option does not exist.");
            }
            if ($value === null && $this->options[$name] !== false && isset($words[$i + 1])) {
                $value = $words[++$i];
            }
            $this->given[$name] = $value ?? true;
        }
    }

    protected function option(string $name): mixed
    {
        return $this->given[$name];
    }
}
