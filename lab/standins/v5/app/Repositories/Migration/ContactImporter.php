<?php

namespace App\Repositories\Migration;

use App\Jobs\Util\Import;
use App\Models\Numbers;
use App\Models\Record;
use App\Models\Settings;

/** Imports clients and vendors with their contacts. */
class ContactImporter
{
    /** The real import takes about 110 ms a client; this much is enough to watch it. */
    private const MICROSECONDS_PER_CLIENT = 5000;

    private const FAST_HASH = ['cost' => 4];

    public function __construct(private readonly Import $import)
    {
    }

    public function clients(array $rows): void
    {
        Record::$unguarded = true;
        foreach ($rows as $row) {
            usleep(self::MICROSECONDS_PER_CLIENT);
            Import::requireRow('clients', $row);
            $values = $this->values('clients', $row);
            $values['balance'] = $row['balance'] ?: 0;
            $values['paid_to_date'] = $row['paid_to_date'] ?: 0;
            $client = $this->client($values)->fill($values);
            foreach ($values['settings'] ?? [] as $name => $setting) {
                $own = $client->json('settings');
                $own->$name = $setting;
                $client->settings = $own;
            }
            if (! $client->country_id) {
                $client->country_id = Settings::company((int) $this->import->company->id)->country_id ?? null;
            }
            $client->save();
            if ((string) $client->number === '') {
                $client->number = Numbers::next('clients', (int) $client->company_id);
            }
            $client->country_id = $row['country_id'] ?? $client->country_id;
            $client->save(false);
            if (array_key_exists('contacts', $row)) {
                $this->clientContacts($client, $row);
            }
            $this->import->remember('clients', $row['id'], (int) $client->id);
        }
        Record::$unguarded = false;
        $this->choosePrimaryContacts();
    }

    private function client(array $values): Record
    {
        return new Record('clients', [
            'company_id' => $values['company_id'],
            'user_id' => $values['user_id'],
            'name' => '',
            'website' => '',
            'private_notes' => '',
            'public_notes' => '',
            'balance' => 0,
            'paid_to_date' => 0,
            'country_id' => null,
            'is_deleted' => 0,
            'client_hash' => random_key(40),
            'settings' => '{}',
            'classification' => '',
        ]);
    }

    /** @return array<string, mixed> a row as the table wants it */
    private function values(string $table, array $row): array
    {
        $row['company_id'] = $this->import->company->id;
        $row['user_id'] = $this->import->userId($row);
        $row['number'] = $this->import->uniqueNumber($table, $row['number']);
        return array_diff_key($row, ['id' => 1, 'contacts' => 1]);
    }

    private function clientContacts(Record $client, array $row): void
    {
        $this->saveContacts('client_contacts', 'client_id', $client, $row, fn () => random_key(8));
        foreach ($row['contacts'] as $old) {
            $match = Record::firstWhere('client_contacts', ['contact_key' => $old['contact_key'], 'company_id' => $client->company_id, 'client_id' => $client->id]);
            if ($match !== null) {
                $this->import->remember('client_contacts', $old['id'], (int) $match->id);
            }
        }
    }

    /** Saves the contacts, the primary one first; a record without any gets a blank one. */
    private function saveContacts(string $table, string $owner, Record $record, array $row, callable $password): void
    {
        $contacts = [];
        foreach ($row['contacts'] as $contact) {
            $contacts[] = $contact;
        }
        usort($contacts, fn (array $a, array $b) => (int) ($b['is_primary'] ?? 0) <=> (int) ($a['is_primary'] ?? 0));
        $someoneGetsMail = in_array(true, array_map(fn (array $contact) => (bool) ($contact['send_email'] ?? false), $contacts), true);
        foreach ($contacts as $i => $contact) {
            $contact = ['company_id' => $record->company_id, 'user_id' => $this->import->userId($row), $owner => $record->id] + $contact;
            unset($contact['id']);
            $contact['is_primary'] = $i === 0;
            if ($i === 0 && ! $someoneGetsMail && $table === 'client_contacts') {
                $contact['send_email'] = true;
            }
            $contact['email'] = trim($contact['email'] ?? '');
            $contact['password'] = password_hash($password(), PASSWORD_BCRYPT, self::FAST_HASH);
            (new Record($table, ['contact_key' => random_key(40)]))->fill($contact)->save();
        }
        if ($contacts === []) {
            (new Record($table, ['company_id' => $record->company_id, 'user_id' => $record->user_id, $owner => $record->id,
                'contact_key' => random_key(40), 'is_primary' => 1, 'confirmed' => 1, 'email' => ' ', 'password' => '']))->save();
        }
    }

    private function choosePrimaryContacts(): void
    {
        foreach (Record::allWhere('clients', ['company_id' => $this->import->company->id]) as $client) {
            $contact = Record::allWhere('client_contacts', ['client_id' => $client->id], ' and `deleted_at` is null order by `is_primary` desc, `id` limit 1')[0] ?? null;
            if ($contact === null) {
                throw new \Error('Attempt to assign property "is_primary" on null');
            }
            $contact->is_primary = 1;
            $contact->save();
        }
    }

    public function vendors(array $rows): void
    {
        Record::$unguarded = true;
        foreach ($rows as $row) {
            Import::requireRow('vendors', $row);
            $values = $this->values('vendors', $row);
            if (! ($values['currency_id'] ?? null)) {
                $values['currency_id'] = Settings::company((int) $this->import->company->id)->currency_id ?? null;
            }
            $vendor = new Record('vendors', [
                'company_id' => $values['company_id'],
                'user_id' => $values['user_id'],
                'name' => '',
                'website' => '',
                'private_notes' => '',
                'public_notes' => '',
                'country_id' => 4,
                'is_deleted' => 0,
                'vendor_hash' => random_key(40),
            ]);
            $vendor->fill($values)->save();
            if ((string) $vendor->number === '') {
                $vendor->number = Numbers::next('vendors', (int) $vendor->company_id);
                $vendor->save();
            }
            if (array_key_exists('contacts', $row)) {
                $this->saveContacts('vendor_contacts', 'vendor_id', $vendor, $row, fn () => 'mysuperpassword');
            }
            $this->import->remember('vendors', $row['id'], (int) $vendor->id);
        }
        Record::$unguarded = false;
    }
}
