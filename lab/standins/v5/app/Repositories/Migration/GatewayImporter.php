<?php

namespace App\Repositories\Migration;

use App\Jobs\Util\Import;
use App\Models\Record;
use App\Utils\Validator;

/** Imports payment gateways (their configuration encrypted with V5's key) and the clients' saved payment methods. */
class GatewayImporter
{
    private const STRIPE = 'd14dd26a37cecc30fdd65700bfb55b23';

    private const STRIPE_CONNECT = 'd14dd26a47cecc30fdd65700bfb67b34';

    public function __construct(private readonly Import $import)
    {
    }

    public function companyGateways(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['gateway_key' => ['required']]);
        foreach ($rows as $row) {
            $values = array_diff_key($row, ['id' => 1]);
            $values['user_id'] = $this->import->userId($row);
            if (isset($values['fees_and_limits'])) {
                $values['fees_and_limits'] = $this->fees($values['fees_and_limits']);
            }
            $values['company_id'] = $this->import->company->id;
            if (isset($values['config'])) {
                $values['config'] = app()->encrypt($values['config']);
            }
            if (empty($values['accepted_credit_cards'])) {
                $values['accepted_credit_cards'] = 0;
            }
            if ($values['gateway_key'] === self::STRIPE_CONNECT) {
                $values['gateway_key'] = self::STRIPE;
            }
            $gateway = (new Record('company_gateways'))->fill($values)->save();
            $this->import->remember('company_gateways', $row['id'], (int) $gateway->id);
        }
        Record::$unguarded = false;
    }

    /** The fees of each kind of payment, walked through as upstream does, which knows these names alone. */
    private function fees(mixed $fees): array
    {
        $known = array_fill_keys(['is_enabled', 'gateway_type_id', 'min_limit', 'max_limit', 'fee_amount', 'fee_percent', 'fee_tax_name1', 'fee_tax_name2',
            'fee_tax_name3', 'fee_tax_rate1', 'fee_tax_rate2', 'fee_tax_rate3', 'fee_cap', 'adjust_fee_percent'], true);
        $result = [];
        foreach ($fees as $kind => $values) {
            $result[$kind] = [];
            foreach ($values as $name => $value) {
                $result[$kind][$name] = $known[$name] ? $value : null;
            }
        }
        return $result;
    }

    public function clientGatewayTokens(array $rows): void
    {
        Record::$unguarded = true;
        foreach ($rows as $row) {
            Import::requireRow('client_gateway_tokens', $row);
            $values = array_diff_key($row, ['id' => 1]);
            $values['company_id'] = $this->import->company->id;
            $values['client_id'] = $this->import->reference('clients', $row, 'client_id');
            $values['company_gateway_id'] = $this->import->reference('company_gateways', $row, 'company_gateway_id');
            $token = (new Record('client_gateway_tokens'))->fill($values)->save();
            $this->import->remember('client_gateway_tokens', $row['id'], (int) $token->id);
        }
        Record::$unguarded = false;
    }
}
