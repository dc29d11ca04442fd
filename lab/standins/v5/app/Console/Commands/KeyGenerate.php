<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

/** Writes a new APP_KEY into .env, over the key that is there now. */
class KeyGenerate extends Command
{
    public string $name = 'key:generate';

    protected array $options = ['show' => false, 'force' => false];

    public function handle(): int
    {
        $key = 'base64:' . base64_encode(random_bytes(32));
        if ($this->option('show')) {
            $this->output->line($key);
            return 0;
        }
        if (config('app.key') && app()->environment() === 'production' && ! $this->option('force')) {
            $this->output->badge('WARN', 'Command cancelled.');
            return 0;
        }
        $file = base_path('.env');
        $old = preg_quote('APP_KEY=' . config('app.key'), '/');
        $text = file_get_contents($file);
        $new = preg_replace("/^{$old}/m", "APP_KEY={$key}", $text);
        if ($new === $text || $new === null) {
            $this->output->error('Unable to set application key. No APP_KEY variable was found in the .env file.');
            return 0;
        }
        file_put_contents($file, $new);
        $this->output->info('Application key set successfully.');
        return 0;
    }
}
