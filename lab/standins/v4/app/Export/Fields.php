<?php

namespace App\Export;

use App\Models\Model;
use App\Support\Carbon;

/** Builds one exported record from a row and a list of its fields. */
class Fields
{
    /**
     * The fields of $list in its order. Each word is KEY or KEY=COLUMN; a `?` at its end makes an empty value '', `?0`
     * makes it 0, `?false` false. A key of $given takes its value from there. Moments become their day.
     */
    public static function of(Model $row, string $list, array $given = []): array
    {
        $record = [];
        foreach (preg_split('/\s+/', trim($list)) as $word) {
            preg_match('/^(\w+)(?:=(\w+))?(\?(\w*))?$/', $word, $part);
            $key = $part[1];
            if (array_key_exists($key, $given)) {
                $record[$key] = $given[$key];
                continue;
            }
            $value = $row->{($part[2] ?? '') ?: $key};
            if (isset($part[3]) && ! $value) {
                $value = ['' => '', '0' => 0, 'false' => false][$part[4]];
            }
            $record[$key] = $value instanceof Carbon ? $value->toDateString() : $value;
        }

        return $record;
    }
}
