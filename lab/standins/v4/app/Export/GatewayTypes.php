<?php

namespace App\Export;

use App\Models\AccountGateway;
use App\Support\Encrypter;

/** The kinds of payment that a gateway offers; some gateways say so in their encrypted configuration. */
class GatewayTypes
{
    private const FIXED = [
        'BitPay' => [4], 'Custom1' => [6], 'Custom2' => [12], 'Custom3' => [13], 'Dwolla' => [5],
        'GoCardlessV2Redirect' => [10, 'token'], 'PayPalExpress' => [3],
    ];
    private const CONFIGURED = [
        'Braintree' => ['enablePayPal' => 3],
        'WePay' => ['enableAch' => 2],
        'Stripe' => [
            'enableAch' => 2, 'enableSofort' => 8, 'enableSepa' => 9, 'enableBitcoin' => 4, 'enableAlipay' => 7,
            'enableApplePay' => 11,
        ],
    ];

    /** @throws \Illuminate\Contracts\Encryption\DecryptException for Stripe, Braintree and WePay with another APP_KEY */
    public static function of(AccountGateway $gateway): array
    {
        $provider = str_replace(['\\', '_'], '', $gateway->gateway->provider);
        if (! isset(self::CONFIGURED[$provider])) {
            return self::FIXED[$provider] ?? [1];
        }
        $config = json_decode((new Encrypter())->decrypt($gateway->config), true) ?: [];
        $types = [1, 'token'];
        foreach (self::CONFIGURED[$provider] as $field => $type) {
            if (! empty($config[$field])) {
                $types[] = $type;
            }
        }

        return $types;
    }
}
