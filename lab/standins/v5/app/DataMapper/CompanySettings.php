<?php

namespace App\DataMapper;

use stdClass;

/** A company's settings: every key with its type and default, and the check that an import has to pass. */
class CompanySettings
{
    /** Ids that are kept as text. */
    private const TEXT = ['invoice_design_id', 'quote_design_id', 'credit_design_id', 'purchase_order_design_id', 'statement_design_id',
        'delivery_note_design_id'];

    private const TEXT_IDS = ['payment_refund_design_id', 'payment_receipt_design_id', 'delivery_note_design_id', 'statement_design_id', 'besr_id',
        'gmail_sending_user_id'];

    /** @return array<string, array{?string, mixed}> key => [type, default] */
    private static function known(): array
    {
        return json_decode(file_get_contents(__DIR__ . '/company-settings.json'), true);
    }

    public static function defaults(): stdClass
    {
        $settings = new stdClass();
        foreach (self::known() as $key => [, $default]) {
            $settings->$key = $default;
        }
        foreach (['timezone_id', 'currency_id', 'language_id', 'payment_terms', 'date_format_id', 'country_id'] as $key) {
            $settings->$key = (string) config("ninja.i18n.{$key}");
        }
        $settings->military_time = (bool) config('ninja.i18n.military_time');
        $settings->translations = new stdClass();
        $settings->pdf_variables = new stdClass();
        return $settings;
    }

    /** @return array{string, string, mixed}|null the first wrong setting: key, type, value */
    public static function firstInvalid(stdClass $settings): ?array
    {
        foreach (self::known() as $key => [$type]) {
            if ($type === null || $key === 'pdf_variables') {
                continue;
            }
            $given = property_exists($settings, $key);
            $value = $settings->$key ?? null;
            if ($type === 'float' && $given) {
                $settings->$key = $value = (float) $value;
            }
            if (in_array($key, self::TEXT, true)) {
                if ($given && is_int($value)) {
                    return [$key, 'string', $value];
                }
                continue;
            }
            if (self::isNumberKey($key, $value)) {
                $type = in_array($key, self::TEXT_IDS, true) ? 'string' : 'integer';
                if ($given && ! self::fits($type, $value)) {
                    return [$key, $type, $value];
                }
                continue;
            }
            if ($given && $value !== null && $value != '' && ! self::fits($type, $value)) {
                return [$key, $type, $value];
            }
        }
        return null;
    }

    private static function isNumberKey(string $key, mixed $value): bool
    {
        return str_ends_with($key, '_id') || str_ends_with($key, 'number_counter')
            || (in_array($key, ['payment_terms', 'valid_until'], true) && strlen((string) $value) > 0);
    }

    private static function fits(string $type, mixed $value): bool
    {
        return match ($type) {
            'int', 'integer' => is_numeric($value) && ctype_digit((string) abs($value + 0)),
            'float' => ! is_string($value) && is_numeric((string) $value),
            'string' => ! is_int($value),
            'bool' => is_bool($value) || filter_var($value, FILTER_VALIDATE_BOOLEAN),
            'object' => is_object($value),
            'array' => is_array($value),
            default => false,
        };
    }
}
