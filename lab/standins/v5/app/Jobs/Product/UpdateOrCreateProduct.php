<?php

namespace App\Jobs\Product;

use App\Models\Record;
use App\Models\Settings;
use Illuminate\Queue\Queueable;

/** Makes a product of every line item whose key is new, and brings the price of known ones up to date. */
class UpdateOrCreateProduct extends Queueable
{
    /** @param array<int, object> $products line items */
    public function __construct(public array $products, public Record $invoice, public Record $company)
    {
    }

    public function handle(): void
    {
        $client = Record::find('clients', $this->invoice->client_id);
        if ((string) Settings::client($client, 'currency_id') !== (string) ($this->company->json('settings')->currency_id ?? '')) {
            return;
        }
        foreach ($this->products as $item) {
            if ((int) $item->type_id !== 1 || (string) $item->product_key === '' || $this->isBilled($item)) {
                continue;
            }
            $product = Record::firstWhere('products', ['product_key' => $item->product_key, 'company_id' => $this->company->id])
                ?? new Record('products', ['company_id' => $this->company->id, 'quantity' => $item->quantity]);
            $product->product_key = $item->product_key;
            $product->notes = (string) $item->notes;
            $product->price = $item->cost;
            $product->user_id = $this->invoice->user_id;
            $product->save();
        }
    }

    private function isBilled(object $item): bool
    {
        return (string) ($item->task_id ?? '') !== '' || (string) ($item->expense_id ?? '') !== '';
    }
}
