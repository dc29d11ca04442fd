<?php

namespace App\Helpers\Invoice;

use App\Models\Record;
use App\Models\Settings;
use Error;
use TypeError;

/** Works out an invoice (quote, credit): line totals, discount, taxes, surcharges, amount and balance. */
class InvoiceSum
{
    private const DRAFT = 1;

    private const CANCELLED = 5;

    private const ITEM = [
        'quantity' => 0, 'cost' => 0, 'product_key' => '', 'product_cost' => 0, 'notes' => '', 'discount' => 0, 'is_amount_discount' => false,
        'tax_name1' => '', 'tax_rate1' => 0, 'tax_name2' => '', 'tax_rate2' => 0, 'tax_name3' => '', 'tax_rate3' => 0, 'sort_id' => '0',
        'line_total' => 0, 'tax_amount' => 0, 'gross_line_total' => 0, 'date' => '', 'custom_value1' => '', 'custom_value2' => '',
        'custom_value3' => '', 'custom_value4' => '', 'type_id' => '1', 'task_id' => '', 'expense_id' => '', 'unit_code' => '',
    ];

    private readonly int $precision;

    private float $total = 0;

    private float $taxes = 0;

    public function __construct(private readonly Record $invoice, Record $client)
    {
        $currency = Settings::currency(Settings::client($client, 'currency_id'));
        $this->precision = (int) $currency->precision;
        $this->build();
    }

    /** The defaults of a line item, under the values that the export has. */
    public static function cleanItems(mixed $items): array
    {
        if (! is_array($items)) {
            return [];
        }
        return array_map(function (mixed $item): array {
            $item = array_filter((array) $item, fn (mixed $value) => $value !== null) + self::ITEM;
            unset($item['id'], $item['_id']);
            $item['type_id'] = $item['type_id'] == '0' ? '1' : (string) $item['type_id'];
            foreach (['notes', 'product_key', 'custom_value1', 'custom_value2', 'custom_value3', 'custom_value4'] as $text) {
                $item[$text] = str_replace(['</sc', 'onerror', 'prompt(', 'alert('], '<-', (string) ($item[$text] ?? ''));
            }
            $item['tax_id'] = ($item['tax_id'] ?? '') === '' ? ($item['type_id'] === '2' ? '2' : '1') : $item['tax_id'];
            return $item;
        }, array_values($items));
    }

    /** Writes the results into the invoice and saves it. */
    public function save(): void
    {
        $this->apply();
        $this->invoice->save();
    }

    private function build(): void
    {
        $invoice = $this->invoice;
        $items = [];
        $subtotal = 0.0;
        $lines = $invoice->json('line_items');
        foreach (is_iterable($lines) || is_object($lines) ? $lines : [] as $item) {
            $item = $this->line($item);
            $item->line_total = $this->lineTotal($item);
            $item->is_amount_discount = (bool) $invoice->is_amount_discount;
            $subtotal += round($item->line_total, $this->precision);
            $items[] = $item;
        }
        $discount = $invoice->is_amount_discount ? (float) $invoice->discount : round($subtotal * ($invoice->discount / 100), 2);
        $lineTaxes = 0.0;
        foreach ($items as $item) {
            $item->tax_amount = $this->lineTax($item, $subtotal);
            $item->gross_line_total = $item->line_total + $item->tax_amount;
            $lineTaxes += $item->tax_amount;
        }
        $invoice->line_items = $items;
        $this->total = $subtotal - $discount;
        $this->taxes = $this->invoiceTaxes() + $lineTaxes;
        foreach ([1, 2, 3, 4] as $i) {
            $this->total += (float) $invoice->{"custom_surcharge{$i}"};
        }
        if (! $invoice->uses_inclusive_taxes) {
            $this->total += $this->taxes;
        }
        $this->apply();
    }

    /** A line as an object with every field. @throws Error for what is none, in PHP's words for upstream's steps */
    private function line(mixed $item): object
    {
        if (is_string($item)) {
            throw new Error('Attempt to assign property "quantity" on string');
        }
        if (! is_object($item)) {
            throw new TypeError('property_exists(): Argument #1 ($object_or_class) must be of type object|string, ' . get_debug_type($item) . ' given');
        }
        return (object) (array_filter((array) $item, fn (mixed $value) => $value !== null) + self::ITEM);
    }

    private function lineTotal(object $item): float
    {
        $total = $item->cost * $item->quantity;
        $discount = $this->invoice->is_amount_discount ? (float) $item->discount : $item->discount;
        return $this->invoice->is_amount_discount
            ? $total - round($discount, $this->precision)
            : round($total - $total * ($discount / 100), $this->precision);
    }

    private function lineTax(object $item, float $subtotal): float
    {
        $discount = $this->invoice->discount;
        $share = $this->invoice->is_amount_discount ? ($subtotal == 0 ? 0 : $discount / $subtotal) : $discount / 100;
        $amount = $item->line_total - $item->line_total * $share;
        $tax = 0.0;
        foreach ([1, 2, 3] as $i) {
            $part = $this->tax($amount, $item->{"tax_rate{$i}"});
            if ($this->invoice->is_amount_discount || strlen((string) $item->{"tax_name{$i}"}) > 1) {
                $tax += $part;
            }
        }
        return $tax;
    }

    private function invoiceTaxes(): float
    {
        $tax = 0.0;
        foreach ([1, 2, 3] as $i) {
            $rate = $this->invoice->{"tax_rate{$i}"} ?: 0;
            if (strlen((string) $this->invoice->{"tax_name{$i}"}) < 2) {
                continue;
            }
            $tax += $this->tax($this->total, $rate);
            foreach ([1, 2, 3, 4] as $j) {
                if ($this->invoice->{"custom_surcharge_tax{$j}"}) {
                    $tax += round($this->invoice->{"custom_surcharge{$j}"} * ($rate / 100), 2);
                }
            }
        }
        return $tax;
    }

    private function tax(float $amount, mixed $rate): float
    {
        return round($this->invoice->uses_inclusive_taxes ? $amount - $amount / (1 + $rate / 100) : $amount * $rate / 100, 2);
    }

    /** A balance that equals the amount follows the new total; another one is the total less what was paid. */
    private function apply(): void
    {
        $invoice = $this->invoice;
        $total = round($this->total, $this->precision);
        if ((int) $invoice->status_id === self::CANCELLED) {
            $invoice->balance = 0;
        } elseif ((int) $invoice->status_id !== self::DRAFT) {
            $invoice->balance = (float) $invoice->amount != (float) $invoice->balance ? round($total - (float) $invoice->paid_to_date, 6) : $total;
        }
        $invoice->amount = $total;
        $invoice->total_taxes = $this->taxes;
    }
}
