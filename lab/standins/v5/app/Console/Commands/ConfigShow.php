<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

/** Prints the effective value of a key, or of all keys below it. */
class ConfigShow extends Command
{
    public string $name = 'config:show';

    public function handle(): int
    {
        $key = $this->arguments[0] ?? '';
        if (! config()->has($key)) {
            $this->output->error("Configuration file or key <comment>{$key}</comment> does not exist.");
            return 1;
        }
        $this->output->line();
        $this->show($key, config($key));
        $this->output->line();
        return 0;
    }

    private function show(string $key, mixed $value): void
    {
        if (is_array($value) && $value !== []) {
            foreach ($value as $name => $item) {
                $this->show("{$key} ⇁ {$name}", $item);
            }
            return;
        }
        $text = match (true) {
            is_bool($value) => $value ? 'true' : 'false',
            $value === null => 'null',
            $value === [] => '[]',
            default => (string) $value,
        };
        $this->output->twoColumns($key, $text);
    }
}
