<?php

namespace App\Models;

/** Gives records their numbers: a counter of the company's settings, padded or put into the pattern. */
class Numbers
{
    private const MAX_TRIES = 100;

    private const COUNTERS = [
        'clients' => 'client', 'vendors' => 'vendor', 'invoices' => 'invoice', 'quotes' => 'quote', 'credits' => 'credit',
        'recurring_invoices' => 'recurring_invoice', 'payments' => 'payment',
    ];

    public static function next(string $table, int $companyId): string
    {
        $settings = Settings::company($companyId);
        $kind = self::COUNTERS[$table];
        $counter = "{$kind}_number_counter";
        if (in_array($kind, ['quote', 'credit'], true) && ($settings->{"shared_invoice_{$kind}_counter"} ?? false)) {
            $counter = 'invoice_number_counter';
        }
        $value = (int) ($settings->$counter ?? 1);
        $tries = 0;
        do {
            $number = self::format($value, (int) ($settings->counter_padding ?? 4), (string) ($settings->{"{$kind}_number_pattern"} ?? ''));
            $taken = app()->db()->value("select exists (select 1 from `{$table}` where `company_id` = ? and `number` = ?)", [$companyId, $number]);
            $value++;
        } while ($taken && ++$tries < self::MAX_TRIES);
        $settings->$counter = $value;
        app()->db()->update('companies', ['settings' => json_encode($settings)], $companyId);
        return $taken ? $number . '_' . random_key(5) : $number;
    }

    private static function format(int $counter, int $padding, string $pattern): string
    {
        $text = str_pad((string) $counter, $padding, '0', STR_PAD_LEFT);
        if (strlen($pattern) < 2) {
            return $text;
        }
        if (stripos($pattern, 'counter') === false) {
            $pattern .= '{$counter}';
        }
        return strtr($pattern, ['{$counter}' => $text, '{$clientCounter}' => $text, '{$year}' => date('Y'), '{$month}' => date('m'), '{$day}' => date('d')]);
    }
}
