<?php

namespace App\Console;

use App\Support\DB;

/** Fills the lookup tables from database/seeds/data/TABLE.tsv (first line: columns; \N: null). */
class Lookups
{
    public const SEEDERS = [
        'ConstantsSeeder' => ['timezones', 'datetime_formats', 'sizes'],
        'CountriesSeeder' => ['countries'],
        'PaymentLibrariesSeeder' => ['payment_libraries', 'gateways'],
        'GatewayTypesSeeder' => ['gateway_types'],
        'InvoiceStatusSeeder' => ['invoice_statuses'],
        'PaymentStatusSeeder' => ['payment_statuses'],
        'CurrenciesSeeder' => ['currencies'],
        'DateFormatsSeeder' => ['date_formats'],
        'InvoiceDesignsSeeder' => ['invoice_designs'],
        'PaymentTermsSeeder' => ['payment_terms'],
        'PaymentTypesSeeder' => ['payment_types'],
        'LanguageSeeder' => ['languages'],
        'IndustrySeeder' => ['industries'],
        'FrequencySeeder' => ['frequencies'],
    ];
    private const WITH_TIMESTAMPS = ['payment_libraries', 'gateways', 'payment_terms'];

    /** Add the rows whose id is not there yet; what is there stays as it is. */
    public static function fill(string $table): void
    {
        $lines = file(base_path("database/seeds/data/{$table}.tsv"), FILE_IGNORE_NEW_LINES);
        $columns = explode("\t", array_shift($lines));
        $there = array_flip(array_column(DB::select("SELECT id FROM {$table}"), 'id'));
        $now = date('Y-m-d H:i:s');
        foreach ($lines as $line) {
            $row = array_combine($columns, array_map(function ($text) {
                return $text === '\N' ? null : $text;
            }, explode("\t", $line)));
            if (isset($there[$row['id']])) {
                continue;
            }
            if (in_array($table, self::WITH_TIMESTAMPS, true)) {
                $row += ['created_at' => $now, 'updated_at' => $now];
            }
            DB::insert($table, $row);
        }
    }
}
