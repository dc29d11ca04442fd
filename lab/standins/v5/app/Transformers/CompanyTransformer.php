<?php

namespace App\Transformers;

use App\Models\Record;

class CompanyTransformer
{
    /** @return array<string, mixed> */
    public function transform(Record $company): array
    {
        return [
            'id' => $company->hashedId(),
            'company_key' => (string) $company->company_key,
            'update_products' => (bool) $company->update_products,
            'fill_products' => (bool) $company->fill_products,
            'enabled_modules' => (int) $company->enabled_modules,
            'enabled_tax_rates' => (int) $company->enabled_tax_rates,
            'portal_mode' => (string) $company->portal_mode,
            'portal_domain' => (string) $company->portal_domain,
            'is_disabled' => (bool) $company->is_disabled,
            'is_large' => (bool) $company->is_large,
            'size_id' => (string) ($company->size_id ?: ''),
            'industry_id' => (string) ($company->industry_id ?: ''),
            'subdomain' => (string) $company->subdomain,
            'custom_fields' => $company->json('custom_fields') ?: new \stdClass(),
            'settings' => $company->json('settings') ?? new \stdClass(),
            'updated_at' => Transform::time($company->updated_at),
            'archived_at' => 0,
            'created_at' => Transform::time($company->created_at),
        ];
    }
}
