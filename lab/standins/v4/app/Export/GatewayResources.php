<?php

namespace App\Export;

use App\Models\AccountGateway;
use App\Models\AccountGatewaySettings;
use App\Models\AccountGatewayToken;
use App\Models\Contact;
use App\Models\PaymentMethod;
use App\Support\Encrypter;

/** Payment gateways with their secrets in clear, and the cards that clients have stored. */
trait GatewayResources
{
    protected function getCompanyGateways(): array
    {
        $gateways = AccountGateway::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get get company gateways => ' . count($gateways));
        $records = [];
        foreach ($gateways as $gateway) {
            info("translating gateway ID = {$gateway->gateway_id}");
            $number = (require __DIR__ . '/gateway_numbers.php')[$gateway->gateway_id] ?? 0;
            if ($number !== 0) {
                $records[] = $this->getCompanyGateway($gateway, (require __DIR__ . '/gateway_keys.php')[$number]);
            }
        }

        return $records;
    }

    private function getCompanyGateway(AccountGateway $gateway, string $key): array
    {
        $types = GatewayTypes::of($gateway);
        $config = 'If you see this message - we were not able to decrypt your config';
        try {
            $config = (new Encrypter())->decrypt($gateway->config);
        } catch (\Exception $error) {
            unset($error); // V4 hides it too: the sentence above takes the place of the secrets
        }

        return Fields::of($gateway, '
            id user_id gateway_key accepted_credit_cards require_cvv require_billing_address=show_billing_address
            require_shipping_address=show_shipping_address update_details config fees_and_limits custom_value1
            custom_value2 custom_value3 custom_value4 created_at updated_at deleted_at', [
            'gateway_key' => $key,
            'config' => $config,
            'fees_and_limits' => $this->buildFeesAndLimits($types),
            'custom_value1' => '',
            'custom_value2' => '',
            'custom_value3' => '',
            'custom_value4' => '',
        ]);
    }

    private function buildFeesAndLimits(array $types): \stdClass
    {
        $fees = new \stdClass();
        foreach (array_diff($types, ['token']) as $type) {
            $fees->{Codes::gatewayType($type)} = $this->getFeesAndLimits($type);
        }

        return $fees;
    }

    private function getFeesAndLimits($type): \stdClass
    {
        info('get transform fees and limits');
        $settings = AccountGatewaySettings::query()
            ->where('account_id = ? AND gateway_type_id = ?', $this->account->id, $type)->first();
        if (! $settings) {
            return new \stdClass();
        }

        return (object) [
            'min_limit' => $settings->min_limit > 0 ? $settings->min_limit : -1,
            'max_limit' => $settings->max_limit > 0 ? $settings->max_limit : -1,
            'fee_amount' => $settings->fee_amount,
            'fee_percent' => $settings->fee_percent,
            'fee_tax_name1' => $settings->tax_name1,
            'fee_tax_rate1' => $settings->tax_rate1,
            'fee_tax_name2' => $settings->tax_name2,
            'fee_tax_rate2' => $settings->tax_rate2,
            'fee_tax_name3' => '',
            'fee_tax_rate3' => 0,
            'is_enabled' => true,
        ];
    }

    /** V4 skips a card only when both its contact and its token are gone; with one of them gone it fails. */
    protected function getClientGatewayTokens(): array
    {
        $methods = PaymentMethod::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get client gateway tokens => ' . count($methods));
        $records = [];
        foreach ($methods as $method) {
            $contact = Contact::query()->where('id = ?', $method->contact_id)->withTrashed()->first();
            $token = AccountGatewayToken::query()->where('id = ?', $method->account_gateway_token_id)->withTrashed()->first();
            if (! $contact && ! $token) {
                continue;
            }
            $records[] = Fields::of($method, '
                id company_id client_id token=source_reference company_gateway_id gateway_customer_reference
                gateway_type_id is_default meta created_at updated_at deleted_at', [
                'company_id' => $this->account->id,
                'client_id' => $contact->client_id,
                'company_gateway_id' => $token->account_gateway_id,
                'gateway_customer_reference' => $token->token,
                'gateway_type_id' => $method->payment_type->gateway_type_id,
                'is_default' => ! $records,
                'meta' => $this->convertMeta($method),
            ]);
        }

        return $records;
    }

    private function convertMeta(PaymentMethod $method): \stdClass
    {
        info('get converting payment method meta');
        $expiry = explode('-', (string) $method->expiration);

        return (object) [
            'exp_month' => $expiry[1] ?? '',
            'exp_year' => isset($expiry[1]) ? $expiry[0] : '',
            'brand' => (string) $method->payment_type->name,
            'last4' => $method->last4 ? str_pad(str_replace(',', '', $method->last4), 4, '0', STR_PAD_LEFT) : '',
            'type' => $method->payment_type->gateway_type_id,
        ];
    }
}
