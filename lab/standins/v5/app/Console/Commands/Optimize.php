<?php

namespace App\Console\Commands;

use Illuminate\Console\Command;

class Optimize extends Command
{
    public string $name = 'optimize';

    public function handle(): int
    {
        $cache = base_path('bootstrap/cache');
        $this->output->info('Caching framework bootstrap, configuration, and metadata.');
        $this->output->task('config', fn () => (new ConfigCache($this->output))->write());
        $this->output->task('events', fn () => file_put_contents("{$cache}/events.php", "<?php return array (\n);"));
        $this->output->task('routes', fn () => file_put_contents("{$cache}/routes-v7.php", "<?php\n"));
        $this->output->task('views', function (): void {
            foreach (glob(resource_path('views/*/*.php')) as $view) {
                copy($view, storage_path('framework/views/' . sha1($view) . '.php'));
            }
        });
        $this->output->line();
        return 0;
    }
}
