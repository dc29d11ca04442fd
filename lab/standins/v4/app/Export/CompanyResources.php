<?php

namespace App\Export;

use App\Models\AccountToken;
use App\Models\PaymentTerm;
use App\Models\TaxRate;
use App\Support\Auth;

/** The plan, the company with its settings, tax rates and payment terms. */
trait CompanyResources
{
    protected function getAccount(): array
    {
        info('get account');
        $token = $this->account->account_tokens()->first();
        if (! $token) {
            $token = AccountToken::createFor(Auth::user(), [
                'name' => 'Migration Token', 'token' => random_key(RANDOM_KEY_LENGTH),
            ]);
        }

        $record = [];
        $plan = $this->account->company;
        foreach (['plan', 'plan_term', 'plan_started', 'plan_paid', 'plan_expires', 'trial_started', 'trial_plan',
            'plan_price', 'num_users', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as $key) {
            $record[$key] = $plan->$key;
        }

        return $record + ['token' => $token->token];
    }

    protected function getCompany(): array
    {
        info('get company');
        $month = null;
        if ($this->account->financial_year_start) {
            $month = (int) explode('-', $this->account->financial_year_start)[1];
        }

        return Fields::of($this->account, '
            first_day_of_week=start_of_week first_month_of_year version referral_code? account_id=id
            google_analytics_key=analytics_key? industry_id ip company_key=account_key convert_products fill_products
            update_products show_product_details=show_product_notes custom_surcharge_taxes1=custom_invoice_taxes1
            custom_surcharge_taxes2=custom_invoice_taxes2 subdomain portal_mode size_id enable_modules=enabled_modules
            custom_fields created_at updated_at settings', [
            'first_month_of_year' => $month,
            'version' => NINJA_VERSION,
            'portal_mode' => 'subdomain',
            'settings' => CompanySettings::of($this->account),
        ]);
    }

    protected function getTaxRates(): array
    {
        $rates = TaxRate::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get tax rates => ' . count($rates));

        return array_map(function (TaxRate $rate) {
            return Fields::of($rate, 'name rate company_id=account_id user_id created_at updated_at deleted_at');
        }, $rates);
    }

    protected function getPaymentTerms(): array
    {
        $terms = PaymentTerm::query()->where('account_id = 0 OR account_id = ?', $this->account->id)->withTrashed()->get();
        info('get payment terms => ' . count($terms));

        return array_map(function (PaymentTerm $term) {
            return Fields::of($term, 'user_id company_id num_days is_deleted created_at updated_at deleted_at', [
                'user_id' => 0,
                'company_id' => $this->account->id,
                'num_days' => $term->num_days === -1 ? 0 : $term->num_days,
            ]);
        }, $terms);
    }
}
