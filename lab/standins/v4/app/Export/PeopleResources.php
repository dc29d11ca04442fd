<?php

namespace App\Export;

use App\Models\Client;
use App\Models\Contact;
use App\Models\Vendor;
use App\Models\VendorContact;

/** Clients and vendors with their contacts. */
trait PeopleResources
{
    protected function getClients(): array
    {
        info('get clients => ' . $this->account->clients()->count());

        return array_map(function (Client $client) {
            return Fields::of($client, '
                id company_id=account_id user_id name balance?0 paid_to_date?0 address1 address2 city state postal_code
                country_id phone=work_phone private_notes website industry_id size_id is_deleted vat_number id_number
                number=id_number custom_value1 custom_value2 shipping_address1 shipping_address2 shipping_city
                shipping_state shipping_postal_code shipping_country_id contacts settings created_at updated_at
                deleted_at', [
                'country_id' => (string) ($client->country_id ?: $this->account->country_id),
                'id_number' => '',
                'number' => $client->id_number,
                'contacts' => $this->getClientContacts($client),
                'settings' => $this->getClientSettings($client),
            ]);
        }, $this->account->clients()->withTrashed()->get());
    }

    private function getClientSettings(Client $client): \stdClass
    {
        $settings = new \stdClass();
        $settings->currency_id = (string) ($client->currency_id ?: $client->account->currency_id);
        if ($client->task_rate > 0) {
            $settings->default_task_rate = (float) $client->task_rate;
        }
        if ($client->language_id) {
            $settings->language_id = (string) $client->language_id;
        }

        return $settings;
    }

    private function getClientContacts(Client $client): array
    {
        $contacts = Contact::query()->where('client_id = ?', $client->id)->withTrashed()->get();
        info('Importing contacts => ' . count($contacts));

        return array_map(function (Contact $contact) {
            return Fields::of($contact, '
                id company_id=account_id user_id client_id first_name? last_name? phone? custom_value1? custom_value2?
                email is_primary send_email confirmed email_verified_at last_login password remember_token contact_key
                created_at updated_at deleted_at', [
                'is_primary' => (bool) $contact->is_primary,
                'send_email' => (bool) $contact->send_invoice,
                'confirmed' => (bool) $contact->confirmation_token,
                'email_verified_at' => $contact->created_at ? $contact->created_at->toDateTimeString() : null,
            ]);
        }, $contacts);
    }

    protected function getVendors(): array
    {
        $vendors = Vendor::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get vendors => ' . count($vendors));

        return array_map(function (Vendor $vendor) {
            return Fields::of($vendor, '
                id company_id=account_id user_id name currency_id address1 address2 city state postal_code country_id
                phone=work_phone private_notes website is_deleted vat_number id_number number=id_number custom_value1
                custom_value2 custom_value3 custom_value4 transaction_name contacts created_at updated_at deleted_at', [
                'currency_id' => (string) ($vendor->currency_id ?: $this->account->currency_id),
                'id_number' => null,
                'custom_value3' => '',
                'custom_value4' => '',
                'transaction_name' => '',
                'contacts' => $this->getVendorContacts($vendor->vendor_contacts),
            ]);
        }, $vendors);
    }

    /** @param VendorContact[] $contacts one without created_at ends the export, as in V4 */
    private function getVendorContacts(array $contacts): array
    {
        info('get vendor contacts => ' . count($contacts));

        return array_map(function (VendorContact $contact) {
            return Fields::of($contact, '
                id company_id=account_id user_id vendor_id first_name? last_name? phone? custom_value1? custom_value2?
                custom_value3 custom_value4 email is_primary send_email confirmed email_verified_at last_login password?
                is_locked created_at updated_at deleted_at', [
                'custom_value3' => '',
                'custom_value4' => '',
                'is_primary' => (bool) $contact->is_primary,
                'send_email' => true,
                'confirmed' => true,
                'email_verified_at' => $contact->created_at->toDateTimeString(),
                'is_locked' => false,
            ]);
        }, $contacts);
    }
}
