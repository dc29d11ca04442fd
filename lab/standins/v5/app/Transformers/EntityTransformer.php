<?php

namespace App\Transformers;

use App\Http\Controllers\DocumentController;
use App\Models\Record;
use App\Utils\HashedIds;

/** A row as the API shows it: ids hashed, amounts as numbers, times as Unix seconds. */
class EntityTransformer
{
    private const HASHED = ['client_id', 'user_id', 'assigned_user_id', 'invoice_id', 'project_id', 'vendor_id', 'recurring_id', 'design_id',
        'company_gateway_id', 'category_id', 'client_contact_id', 'invitation_id'];

    private const AMOUNTS = ['amount', 'balance', 'paid_to_date', 'credit_balance', 'applied', 'refunded', 'cost', 'price', 'quantity', 'discount',
        'exchange_rate', 'total_taxes', 'rate'];

    private const HIDDEN = ['company_id', 'deleted_at', 'backup', 'config', 'client_hash', 'vendor_hash', 'tax_data', 'e_invoice'];

    /** Tables whose records carry their documents without being asked (defaultIncludes of their transformers). */
    private const WITH_DOCUMENTS = ['invoices', 'quotes', 'credits', 'expenses', 'recurring_invoices', 'recurring_expenses', 'clients', 'vendors',
        'projects', 'tasks', 'products', 'payments'];

    /** @return array<string, mixed> */
    public function transform(Record $record): array
    {
        $data = ['id' => $record->hashedId()];
        foreach ($record->toArray() as $name => $value) {
            if ($name === 'id' || in_array($name, self::HIDDEN, true)) {
                continue;
            }
            $data[$name] = match (true) {
                in_array($name, self::HASHED, true) => $value === null ? '' : HashedIds::encode((int) $value),
                in_array($name, self::AMOUNTS, true) => (float) $value,
                in_array($name, ['created_at', 'updated_at'], true) => Transform::time($value),
                str_starts_with($name, 'is_') => (bool) $value,
                in_array($name, ['line_items', 'settings', 'meta'], true) => $record->json($name),
                default => (string) $value,
            };
        }
        $data['archived_at'] = Transform::time($record->deleted_at);
        if (in_array($record->table, self::WITH_DOCUMENTS, true)) {
            $data['documents'] = DocumentController::of($record);
        }
        return $data;
    }
}
