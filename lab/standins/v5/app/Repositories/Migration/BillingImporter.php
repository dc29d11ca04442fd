<?php

namespace App\Repositories\Migration;

use App\Exceptions\ResourceDependencyMissing;
use App\Helpers\Invoice\InvoiceSum;
use App\Jobs\Product\UpdateOrCreateProduct;
use App\Jobs\Util\Import;
use App\Models\Numbers;
use App\Models\Record;
use App\Models\Settings;
use App\Utils\Validator;

/**
 * Imports credits, recurring invoices, invoices and quotes.
 *
 * Only the first recurring invoice, invoice and quote are filled with every column of the export: saving invitations guards the
 * columns again. The first paid invoice therefore keeps V4's paid_to_date, to which its payment is added once more; later ones lose
 * `recurring_id` and other columns that a request may not fill.
 */
class BillingImporter
{
    /** The real import takes 40 ms an invoice; this much is enough to watch it. */
    private const MICROSECONDS_PER_RECORD = 2000;

    private const STATUS_DRAFT = 1;

    private const STATUS_APPLIED = 4;

    private const OPEN = [2, 3];

    public function __construct(private readonly Import $import)
    {
    }

    public function recurringInvoices(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['client_id' => ['required']]);
        foreach ($rows as $row) {
            $values = $this->values('invoices', $row, 'recurring_invoice_id');
            $values['line_items'] = InvoiceSum::cleanItems($row['line_items']);
            if (array_key_exists('next_send_date', $row)) {
                $values['next_send_date_client'] = $row['next_send_date'];
            }
            $invoice = $this->save('recurring_invoices', $values, 'invoice');
            if ((int) $invoice->status_id === 4 && (int) $invoice->remaining_cycles === -1) {
                $invoice->status_id = 2;
                $invoice->save();
            }
            $this->import->remember('recurring_invoices', $row['id'], (int) $invoice->id);
        }
        Record::$unguarded = false;
    }

    public function invoices(array $rows): void
    {
        Record::$unguarded = true;
        foreach ($rows as $row) {
            usleep(self::MICROSECONDS_PER_RECORD);
            Import::requireRow('invoices', $row);
            $this->requireClients($row, 'invoices');
            $client = $this->import->reference('clients', $row, 'client_id');
            $recurring = $row['recurring_id'] ?? null;
            if ($recurring !== null) {
                $recurring = $this->import->transformId('recurring_invoices', (string) $recurring);
            }
            $values = [...$row, 'client_id' => $client, 'recurring_id' => $recurring];
            $values = $this->invitations($values, $row, 'invoice_id');
            $values['line_items'] = InvoiceSum::cleanItems($row['line_items']);
            $values['paid_to_date'] = $row['amount'] - $row['balance'];
            $invoice = $this->save('invoices', $values, 'invoice');
            $this->remind($invoice);
            $this->import->remember('invoices', $row['id'], (int) $invoice->id);
        }
        Record::$unguarded = false;
    }

    public function quotes(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['client_id' => ['required']]);
        foreach ($rows as $row) {
            usleep(self::MICROSECONDS_PER_RECORD);
            $values = $this->values('quotes', $row, 'quote_id');
            if (isset($row['invoice_id'])) {
                $values['invoice_id'] = $this->import->tryTransformingId('invoices', $row['invoice_id']) ?? $row['invoice_id'];
            }
            $quote = $this->save('quotes', $values, 'quote');
            $this->import->remember('quotes', $row['id'], (int) $quote->id);
        }
        Record::$unguarded = false;
    }

    /** When to remind of an invoice that is open depends on the company's time zone, which must be known for it. */
    private function remind(Record $invoice): void
    {
        $settings = Settings::company((int) $invoice->company_id);
        if (! in_array((int) $invoice->status_id, self::OPEN, true) || ($settings->entity_send_time ?? 0) == 0) {
            return;
        }
        $row = app()->db()->first('select * from `timezones` where `id` = ?', [$settings->timezone_id]);
        $zone = $row === null ? null : (object) $row;
        $invoice->next_send_date = $zone->name === '' ? $invoice->next_send_date : null;
    }

    private function requireClients(array $row, string $resource): void
    {
        if (array_key_exists('client_id', $row) && ! $this->import->knows('clients')) {
            throw new ResourceDependencyMissing("Processing {$resource} failed, because of missing dependency - clients.");
        }
    }

    /** @return array<string, mixed> the row with V5's ids */
    private function values(string $resource, array $row, string $key): array
    {
        $this->requireClients($row, $resource);
        $row['client_id'] = $this->import->reference('clients', $row, 'client_id');
        return $this->invitations($row, $row, $key);
    }

    /** Sets user and company, and the invitations, one a contact. */
    private function invitations(array $values, array $row, string $key): array
    {
        $values['user_id'] = $this->import->userId($row);
        $values['company_id'] = $this->import->company->id;
        unset($values['id']);
        if (! array_key_exists('invitations', $row)) {
            return $values;
        }
        $values['invitations'] = [];
        foreach ($row['invitations'] as $invitation) {
            $contact = $this->import->reference('client_contacts', $invitation, 'client_contact_id');
            $values['invitations'][$contact] ??= [
                ...array_diff_key($invitation, [$key => 1, 'id' => 1]),
                'client_contact_id' => $contact,
                'user_id' => $values['user_id'],
                'company_id' => $values['company_id'],
                'email_status' => '',
            ];
        }
        return $values;
    }

    private function save(string $table, array $values, string $kind): Record
    {
        $client = Record::find('clients', $values['client_id']);
        $record = Blank::record($table, $values['company_id'], $values['user_id']);
        $defaults = $this->defaults($client, $values, $kind);
        $record->uses_inclusive_taxes = (int) (bool) Settings::client($client, 'inclusive_taxes');
        $values = [...$defaults, ...$values];
        foreach (['tax_rate1', 'tax_rate2'] as $rate) {
            if (array_key_exists($rate, $values)) {
                $values[$rate] ??= 0;
            }
        }
        $record->fill(array_diff_key($values, ['invitations' => 1, 'client_contacts' => 1]));
        $record->status_id = $values['status_id'];
        foreach (['created_at', 'updated_at'] as $time) {
            if ($values[$time]) {
                $record->$time = $values[$time];
            }
        }
        $record->save(false);
        $this->saveInvitations($table, $record, $values['invitations']);
        (new InvoiceSum($record, $client))->save();
        if ((string) $record->number === '') {
            $record->number = Numbers::next($table, (int) $record->company_id);
        }
        if ($values['is_deleted']) {
            $record->is_deleted = 1;
        }
        $record->deleted_at = $values['deleted_at'] && ! str_starts_with($values['deleted_at'], '0000') ? now() : null;
        return $record->save(false)->fresh();
    }

    private function saveInvitations(string $table, Record $record, array $invitations): void
    {
        $name = rtrim($table, 's');
        Record::$unguarded = true;
        foreach ($invitations as $values) {
            Blank::invitation($name, $record)->fill($values)->save();
        }
        Record::$unguarded = false;
        if ($invitations === []) {
            $this->inviteContacts($name, $record);
        }
    }

    private function inviteContacts(string $name, Record $record): void
    {
        $living = ' and `deleted_at` is null order by `id`';
        foreach (Record::allWhere('client_contacts', ['client_id' => $record->client_id, 'send_email' => 1], $living) as $contact) {
            $invitation = Blank::invitation($name, $record);
            $invitation->client_contact_id = $contact->id;
            $invitation->save();
        }
    }

    /** Terms and footer of the settings where the record has none, and the rate of the client's currency. */
    private function defaults(Record $client, array $values, string $kind): array
    {
        $defaults = [];
        foreach (['terms', 'footer'] as $name) {
            $own = (string) ($values[$name] ?? '');
            $defaults[$name] = $own === '' ? Settings::client($client, "{$kind}_{$name}") : $own;
        }
        if ((string) $client->public_notes !== '') {
            $defaults['public_notes'] = $client->public_notes;
        }
        $company = Settings::company((int) $client->company_id);
        $defaults['exchange_rate'] = 1 / Settings::exchangeRate(Settings::client($client, 'currency_id'), $company->currency_id);
        return $defaults;
    }

    public function credits(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['client_id' => ['required']]);
        foreach ($rows as $row) {
            $this->requireClients($row, 'credits');
            $values = ['client_id' => $this->import->reference('clients', $row, 'client_id')] + $row;
            $values['user_id'] = $this->import->userId($row);
            $values['company_id'] = $this->import->company->id;
            unset($values['id'], $values['invitations']);
            $credit = $this->credit($values);
            $this->import->remember('credits', $row['id'], (int) $credit->id);
        }
        Record::$unguarded = false;
    }

    /** A credit comes in with the sum of its lines as amount and as balance; V4's balance is that sum. */
    private function credit(array $values): Record
    {
        $credit = Blank::record('credits', $values['company_id'], $values['user_id']);
        $credit->client_id = $values['client_id'];
        $client = Record::find('clients', $values['client_id']);
        $values = [...$values, ...$this->defaults($client, $values, 'credit')];
        $credit->uses_inclusive_taxes = (int) (bool) Settings::client($client, 'inclusive_taxes');
        $credit->fill($values);
        $lines = $credit->json('line_items');
        foreach (is_array($lines) ? $lines : [] as $line) {
            $line->notes = (string) $line->notes;
        }
        $company = Record::find('companies', $values['company_id']);
        foreach ([1, 2, 3, 4] as $i) {
            $credit->{"custom_surcharge_tax{$i}"} = $company->{"custom_surcharge_taxes{$i}"};
        }
        $credit->save();
        $this->inviteContacts('credit', $credit);
        $sum = new InvoiceSum($credit, $client);
        $sum->save();
        $balance = (float) $credit->balance;
        if ((string) $credit->number === '') {
            $credit->number = Numbers::next('credits', (int) $credit->company_id);
            $credit->save();
        }
        if ($company->update_products) {
            UpdateOrCreateProduct::dispatch($credit->json('line_items'), $credit, $company);
        }
        $sum->save();
        $client->fresh();
        if ($balance != 0.0 && (int) $credit->status_id !== self::STATUS_DRAFT) {
            $client->credit_balance = (float) $client->credit_balance + $balance;
        }
        if ((int) $credit->status_id === self::STATUS_APPLIED) {
            $client->balance = (float) $client->balance - (float) $credit->balance;
            $client->credit_balance = (float) $client->credit_balance - (float) $credit->amount;
            $credit->paid_to_date = $credit->amount;
            $credit->balance = 0;
            $credit->save();
        }
        if ((float) $credit->balance > 0 && (float) $client->balance > 0) {
            $client->balance = (float) $client->balance - (float) $credit->balance;
        }
        $client->save();
        return $credit;
    }
}
