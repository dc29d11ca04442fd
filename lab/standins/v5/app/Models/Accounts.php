<?php

namespace App\Models;

use App\DataMapper\CompanySettings;
use App\Utils\HashedIds;

/** Makes what belongs to an account: companies, tokens, and who may use them. */
class Accounts
{
    /** A new company with a random key, as every upload makes one. @param array<string, mixed> $values */
    public static function company(int $accountId, array $values = []): Record
    {
        $company = new Record('companies', [
            'account_id' => $accountId,
            'company_key' => random_key(32),
            'ip' => '127.0.0.1',
            'db' => config('database.default'),
            'is_large' => 0,
            'default_password_timeout' => 30 * 60000,
            'enabled_modules' => config('ninja.enabled_modules'),
        ]);
        $company->settings = $values['settings'] ?? CompanySettings::defaults();
        $company->custom_fields = new \stdClass();
        $company->tax_data = ['version' => 'beta', 'seller_subregion' => '', 'regions' => new \stdClass()];
        foreach (array_diff_key($values, ['settings' => 1]) as $name => $value) {
            $company->$name = $value;
        }
        $company->slack_webhook_url = '';
        $company->google_analytics_key = '';
        $company->calculate_expense_tax_by_amount = 0;
        return $company->save()->fresh();
    }

    public static function token(Record $company, Record $user, string $name): Record
    {
        return (new Record('company_tokens', [
            'user_id' => $user->id,
            'company_id' => $company->id,
            'account_id' => $user->account_id,
            'name' => $name,
            'token' => random_key(64),
            'is_system' => 1,
        ]))->save();
    }

    public static function attach(Record $company, Record $user, bool $owner): void
    {
        (new Record('company_user', [
            'user_id' => $user->id,
            'company_id' => $company->id,
            'account_id' => $user->account_id,
            'is_owner' => (int) $owner,
            'is_admin' => (int) $owner,
            'is_locked' => 0,
            'notifications' => '{"email":[]}',
            'permissions' => '',
            'slack_webhook_url' => '',
        ]))->save();
    }

    /** The name that a user is shown by. */
    public static function userName(Record $user): string
    {
        $name = trim("{$user->first_name} {$user->last_name}");
        return $name === '' ? (string) $user->email : $name;
    }

    public static function companyName(Record $company): string
    {
        $name = (string) ($company->json('settings')->name ?? '');
        return $name === '' ? 'Untitled Company' : $name;
    }

    public static function cacheKey(Record $user): string
    {
        return HashedIds::encode((int) $user->id) . "_{$user->account_id}_logged_in";
    }
}
