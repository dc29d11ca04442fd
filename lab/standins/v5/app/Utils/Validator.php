<?php

namespace App\Utils;

use App\Exceptions\MigrationValidatorFailed;

/** Checks the rows of a resource; what is wrong is thrown as JSON, worded as Laravel's validator words it. */
class Validator
{
    /**
     * @param array<int|string, array<string, mixed>> $rows
     * @param array<string, array<int, string>> $rules field => rules
     * @throws MigrationValidatorFailed
     */
    public static function rows(array $rows, array $rules): void
    {
        $errors = [];
        foreach ($rules as $field => $names) {
            foreach ($rows as $i => $row) {
                $messages = self::check($rows, $i, $field, $names, is_array($row) ? $row : []);
                if ($messages !== []) {
                    $errors["{$i}.{$field}"] = $messages;
                }
            }
        }
        if ($errors !== []) {
            throw new MigrationValidatorFailed(json_encode($errors));
        }
    }

    /** @return array<int, string> */
    private static function check(array $rows, int|string $i, string $field, array $rules, array $row): array
    {
        $present = array_key_exists($field, $row);
        $value = $row[$field] ?? null;
        $label = "{$i}.{$field}";
        $blank = $value === null || (is_string($value) && trim($value) === '') || $value === [];
        $messages = [];
        foreach ($rules as $rule) {
            if ($rule === 'required') {
                if ($blank) {
                    return ["The {$label} field is required."];
                }
                continue;
            }
            if (! $present || (is_string($value) && trim($value) === '')) {
                continue;
            }
            $message = match ($rule) {
                'string' => is_string($value) ? null : "The {$label} must be a string.",
                'numeric' => is_numeric($value) ? null : "The {$label} must be a number.",
                'email' => is_string($value) && filter_var($value, FILTER_VALIDATE_EMAIL) ? null : "The {$label} must be a valid email address.",
                'distinct' => count(array_keys(array_column($rows, $field), $value)) < 2 ? null : "The {$label} field has a duplicate value.",
            };
            if ($message !== null) {
                $messages[] = $message;
            }
        }
        return $messages;
    }
}
