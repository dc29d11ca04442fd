<?php

namespace Database\Seeders;

use Illuminate\Console\Output;

/** Fills the lookup tables once, from the lists in data/. */
class DatabaseSeeder
{
    /** seeder => [table => list] */
    private const SEEDERS = [
        'ConstantsSeeder' => ['sizes' => 'sizes', 'timezones' => 'timezones'],
        'PaymentLibrariesSeeder' => ['gateways' => 'gateways'],
        'BanksSeeder' => [],
        'CurrenciesSeeder' => ['currencies' => 'currencies'],
        'LanguageSeeder' => ['languages' => 'languages'],
        'CountriesSeeder' => ['countries' => 'countries'],
        'IndustrySeeder' => ['industries' => 'industries'],
        'PaymentTypesSeeder' => ['payment_types' => 'payment_types'],
        'GatewayTypesSeeder' => ['gateway_types' => 'gateway_types'],
        'DateFormatsSeeder' => ['date_formats' => 'date_formats', 'datetime_formats' => 'datetime_formats'],
        'DesignSeeder' => ['designs' => 'designs'],
    ];

    public function __construct(private readonly Output $output)
    {
    }

    public function run(): void
    {
        $this->output->line('Running DatabaseSeeder');
        if ((int) app()->db()->value('select count(*) from `timezones`') > 0) {
            $this->output->line('Skipping: already run');
            return;
        }
        foreach (self::SEEDERS as $name => $tables) {
            $this->output->twoColumns("Database\\Seeders\\{$name}", 'RUNNING');
            $started = microtime(true);
            foreach ($tables as $table => $list) {
                $this->fill($table, __DIR__ . "/data/{$list}.csv");
            }
            $time = number_format((microtime(true) - $started) * 1000);
            $this->output->twoColumns("Database\\Seeders\\{$name}", "{$time} ms DONE");
            $this->output->line();
        }
    }

    private function fill(string $table, string $file): void
    {
        $stream = fopen($file, 'r');
        $columns = fgetcsv($stream, escape: '');
        app()->db()->transaction(function () use ($stream, $columns, $table): void {
            while (($values = fgetcsv($stream, escape: '')) !== false) {
                $row = array_combine($columns, $values);
                if ($table === 'designs') {
                    $row += ['is_custom' => 0, 'design' => ''];
                }
                app()->db()->insert($table, $row);
            }
        });
        fclose($stream);
    }
}
