<?php

namespace App\Export;

use App\Models\Invoice;

/** V4's numbers for states, types and frequencies in V5's numbers. */
class Codes
{
    public static function invoiceStatus($status, $isPublic): int
    {
        return $isPublic ? [1 => 1, 5 => 3, 6 => 4][$status] ?? 2 : 1;
    }

    public static function quoteStatus(Invoice $quote): int
    {
        if ($quote->quote_invoice_id) {
            return 4;
        }

        return $quote->is_public ? [1 => 1, 4 => 3][$quote->invoice_status_id] ?? 2 : 1;
    }

    public static function recurringStatus(Invoice $invoice): int
    {
        $now = date('Y-m-d H:i:s');
        $ended = $invoice->end_date !== null && $invoice->end_date < $now;
        if (! $invoice->is_deleted && ! $invoice->deleted_at && $invoice->is_public && $invoice->frequency_id > 0
            && $invoice->start_date <= $now && ! $ended) {
            return 2;
        }
        if (! $invoice->is_public) {
            return 1;
        }

        return $ended ? 4 : 1;
    }

    /** Designs of one's own (11 and above) become the plain one. */
    public static function design($design)
    {
        return $design >= 11 ? 2 : [1 => 2, 2 => 3, 3 => 4, 4 => 1, 10 => 2][$design] ?? $design;
    }

    public static function frequency($frequency): int
    {
        return $frequency >= 1 && $frequency <= 10 ? $frequency + 1 : 5;
    }

    public static function paymentType($type)
    {
        $map = [1 => 32, 2 => 1, 3 => 2, 4 => 42, 5 => 4, 6 => 5, 7 => 6, 8 => 7, 9 => 8, 10 => 9, 11 => 10, 12 => 11];
        $map += [13 => 12, 14 => 13, 16 => 15, 17 => 16, 18 => 17, 19 => 18, 20 => 19, 21 => 20, 22 => 21, 23 => 22];
        $map += [28 => 27, 29 => 28, 30 => 29, 31 => 30, 32 => 31];

        return $map[$type] ?? $type;
    }

    public static function gatewayType($type): int
    {
        $map = [1 => 1, 2 => 2, 3 => 3, 4 => 4, 5 => 2, 6 => 5, 7 => 6, 8 => 7, 9 => 9, 10 => 1, 11 => 8];

        return $map[$type] ?? (in_array($type, [12, 13]) ? 5 : 1);
    }

    public static function autoBill($autoBill): string
    {
        return [1 => 'off', 2 => 'optin', 3 => 'optout', 4 => 'always'][$autoBill] ?? 'off';
    }
}
