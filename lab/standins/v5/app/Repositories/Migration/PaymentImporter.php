<?php

namespace App\Repositories\Migration;

use App\Exceptions\ResourceDependencyMissing;
use App\Jobs\Util\Import;
use App\Models\Numbers;
use App\Models\Record;
use App\Models\Settings;

/** Imports payments and puts them on their invoices: what was paid is added there, whatever the invoice already says. */
class PaymentImporter
{
    private const MICROSECONDS_PER_RECORD = 2000;

    private const CANCELLED = 2;

    private const REFUNDED = [5, 6];

    private const INVOICE_SENT = 2;

    private const INVOICE_PAID = 4;

    private const CREATE_PAYMENT = 10;

    public function __construct(private readonly Import $import)
    {
    }

    public function payments(array $rows): void
    {
        Record::$unguarded = false;
        foreach ($rows as $row) {
            usleep(self::MICROSECONDS_PER_RECORD);
            Import::requireRow('payments', $row);
            if (array_key_exists('client_id', $row) && ! $this->import->knows('clients')) {
                throw new ResourceDependencyMissing('Processing payments failed, because of missing dependency - clients.');
            }
            $values = $row;
            $values['client_id'] = $this->import->reference('clients', $row, 'client_id');
            $values['user_id'] = $this->import->userId($row);
            $values['company_id'] = $this->import->company->id;
            $values['invoices'] = $this->invoices($row['invoices'] ?? []);
            $payment = $this->save($values);
            foreach (['created_at', 'updated_at'] as $time) {
                if (array_key_exists($time, $row)) {
                    $payment->$time = $row[$time];
                }
            }
            if (isset($row['company_gateway_id']) && $row['company_gateway_id'] !== 'NULL') {
                $payment->company_gateway_id = $this->import->tryTransformingId('company_gateways', $row['company_gateway_id']);
            }
            $payment->save(false);
            nlog($payment->id);
            if (in_array((int) $payment->status_id, self::REFUNDED, true)) {
                $this->refund($payment);
            }
        }
    }

    /** The payment's invoices with V5's ids; one that was not imported makes the payment forget them all. */
    private function invoices(mixed $given): array
    {
        foreach ($given as $i => $invoice) {
            $id = $this->import->tryTransformingId('invoices', $invoice['invoice_id']);
            if ($id === null) {
                nlog($given);
                return [];
            }
            $given[$i]['invoice_id'] = $id;
        }
        return $given;
    }

    private function save(array $values): Record
    {
        $payment = Blank::payment((int) $values['company_id'], (int) $values['user_id']);
        $client = Record::find('clients', $values['client_id']);
        $company = Settings::company((int) $client->company_id);
        $currency = Settings::client($client, 'currency_id');
        if ($currency != $company->currency_id) {
            $payment->exchange_rate = Settings::exchangeRate($currency, $company->currency_id);
            $payment->exchange_currency_id = $company->currency_id;
        }
        if ($values['invoices'] !== [] && $values['amount'] == '') {
            $values['amount'] = array_sum(array_column($values['invoices'], 'amount'));
        }
        $payment->fill($values);
        $payment->status_id = $values['status_id'];
        $payment->refunded = $values['refunded'];
        if ((int) $payment->status_id === self::CANCELLED) {
            $payment->is_deleted = 1;
        }
        $payment->deleted_at = $values['deleted_at'] ?: null;
        $payment->currency_id = $client->json('settings')->currency_id ?? $company->currency_id;
        if ((string) $payment->number === '') {
            $payment->number = Numbers::next('payments', (int) $payment->company_id);
        }
        $payment->save();
        $this->apply($payment, $values['invoices']);
        return $payment;
    }

    private function apply(Record $payment, array $invoices): void
    {
        $total = (float) array_sum(array_column($invoices, 'amount'));
        $refunded = (float) array_sum(array_column($invoices, 'refunded'));
        foreach (array_unique(array_column($invoices, 'invoice_id')) as $id) {
            $invoice = Record::find('invoices', $id);
            $cancelled = (int) $payment->status_id === self::CANCELLED && $payment->is_deleted;
            (new Record('paymentables', [
                'payment_id' => $payment->id, 'paymentable_id' => $id, 'paymentable_type' => 'invoices',
                'amount' => $cancelled ? 0 : $total, 'refunded' => $cancelled ? 0 : $refunded,
            ]))->save();
            if (! $cancelled) {
                $invoice->paid_to_date = round((float) $invoice->paid_to_date + $total, 6);
                $invoice->balance = (int) $invoice->status_id === self::INVOICE_PAID ? 0 : round((float) $invoice->balance - $total, 6);
                $invoice->save();
            }
            (new Record('activities', [
                'payment_id' => $payment->id, 'client_id' => $payment->client_id, 'user_id' => $payment->user_id, 'company_id' => $payment->company_id,
                'activity_type_id' => self::CREATE_PAYMENT, 'invoice_id' => $id, 'ip' => '127.0.0.1', 'notes' => '', 'is_system' => 0,
            ]))->save();
        }
        $amount = (float) $payment->amount;
        if ($total <= $amount) {
            $payment->applied = (float) $payment->applied + $total;
        }
        $payment->save();
    }

    private function refund(Record $payment): void
    {
        foreach (Record::allWhere('paymentables', ['payment_id' => $payment->id, 'paymentable_type' => 'invoices']) as $link) {
            $invoice = Record::find('invoices', $link->paymentable_id);
            if ((float) $payment->refunded > 0 && (int) $invoice->status_id === self::INVOICE_SENT) {
                $invoice->balance = (float) $invoice->balance + (float) $payment->refunded;
                $invoice->paid_to_date = (float) $invoice->paid_to_date - (float) $payment->refunded;
                $invoice->save();
            }
        }
    }
}
