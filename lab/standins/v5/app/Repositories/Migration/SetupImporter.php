<?php

namespace App\Repositories\Migration;

use App\DataMapper\CompanySettings;
use App\Exceptions\MigrationValidatorFailed;
use App\Jobs\Util\Import;
use App\Models\Accounts;
use App\Models\Record;
use App\Utils\HashedIds;
use App\Utils\Validator;
use Exception;
use TypeError;

/** Imports the account, the company with its settings, its users, payment terms and tax rates. */
class SetupImporter
{
    private const MAX_DESIGN = 9;

    public function __construct(private readonly Import $import)
    {
    }

    public function account(array $data): void
    {
        $this->import->token = (string) ($data['token'] ?? '');
        unset($data['token']);
        $account = Record::find('accounts', $this->import->company->account_id);
        if (($data['plan'] ?? '') !== 'white_label' && (string) $account->plan === '') {
            foreach (['plan', 'plan_term', 'plan_paid', 'plan_started', 'plan_expires'] as $name) {
                if (isset($data[$name])) {
                    $account->$name = $data[$name];
                }
            }
        }
        $account->fill($data)->save();
    }

    public function company(array $data): void
    {
        Record::$unguarded = true;
        if ($data['settings']['invoice_design_id'] > self::MAX_DESIGN) {
            $data['settings']['invoice_design_id'] = 1;
        }
        $data['settings']['email_sending_method'] = 'default';
        $data['settings'] = $this->settings($data['settings']);
        $this->validateCompany($data);
        foreach (['account_id', 'version'] as $name) {
            if (isset($data[$name])) {
                unset($data[$name]);
            }
        }
        if (isset($data['referral_code'])) {
            app()->db()->update('accounts', ['referral_code' => $data['referral_code']], (int) $this->import->company->account_id);
            unset($data['referral_code']);
        }
        if (is_array($data['custom_fields'] ?? null)) {
            $data['custom_fields'] = (object) array_map('strval', $this->customFields($data['custom_fields']));
        }
        $this->import->company->fill($data)->save();
        if (isset($data['settings']->company_logo) && $data['settings']->company_logo !== '') {
            $this->logo($data['settings']->company_logo);
        }
        Record::$unguarded = false;
    }

    private function settings(array $given): \stdClass
    {
        $settings = CompanySettings::defaults();
        foreach ($given as $key => $value) {
            if (in_array($key, ['invoice_design_id', 'quote_design_id', 'credit_design_id'], true)) {
                $value = HashedIds::encode((int) ($value ?: 1));
            }
            if ($key === 'payment_terms') {
                $value = $value == '' ? '0' : (string) $value;
            }
            $settings->$key = $value;
        }
        $settings->font_size = 16;
        return $settings;
    }

    private function validateCompany(array $data): void
    {
        $errors = [];
        $wrong = CompanySettings::firstInvalid($data['settings']);
        if ($wrong !== null) {
            $errors['settings'] = ["{$wrong[0]} is not a valid {$wrong[1]} ( {$wrong[2]} )"];
        }
        foreach (['industry_id', 'size_id', 'country_id', 'matomo_id', 'smtp_port'] as $name) {
            $value = $data[$name] ?? null;
            if ($value !== null && $value !== '' && filter_var($value, FILTER_VALIDATE_INT) === false) {
                $errors[$name] = ['The ' . str_replace('_', ' ', $name) . ' must be an integer.'];
            }
        }
        if ($errors !== []) {
            throw new MigrationValidatorFailed(json_encode($errors));
        }
    }

    /** V4's names of custom fields, under V5's names. */
    private function customFields(array $fields): array
    {
        $names = ['account1' => 'company1', 'account2' => 'company2', 'invoice1' => 'surcharge1', 'invoice2' => 'surcharge2',
            'invoice_text1' => 'invoice1', 'invoice_text2' => 'invoice2'];
        foreach ($names as $old => $new) {
            if (array_key_exists($old, $fields)) {
                $fields[$new] = $fields[$old];
            }
        }
        return $fields;
    }

    /** Fetches the logo from V4; whatever goes wrong leaves the company without one. */
    private function logo(string $url): void
    {
        $company = $this->import->company;
        $settings = $company->json('settings');
        try {
            $copy = tempnam(sys_get_temp_dir(), basename($url));
            copy($url, $copy);
            $folder = public_path("storage/{$company->company_key}");
            if (! is_dir($folder)) {
                mkdir($folder, 0775, true);
            }
            $name = random_key(40) . '.png';
            copy($copy, "{$folder}/{$name}");
            $settings->company_logo = config('ninja.app_url') . "/storage/{$company->company_key}/{$name}";
        } catch (Exception) {
            $settings->company_logo = '';
        }
        $company->settings = $settings;
        $company->save();
    }

    public function users(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['first_name' => ['string'], 'last_name' => ['string'], 'email' => ['distinct', 'email']]);
        $this->requireCompany($rows);
        foreach ($rows as $row) {
            Import::requireRow('users', $row);
            $user = Record::firstWhere('users', ['email' => $row['email']]) ?? $this->newUser();
            $values = array_diff_key($row, array_flip(['id', 'confirmation_code', 'oauth_user_id', 'oauth_provider_id', 'company_user']));
            if ($user->id !== null && is_string($row['deleted_at'] ?? null)) {
                Record::requireDate($row['deleted_at']);
            }
            $user->fill($values);
            $user->account_id = $this->import->company->account_id;
            if ((string) $user->password !== '') {
                $user->has_password = 1;
            }
            $user->save();
            if (isset($row['company_user'])) {
                $this->join($user, $row['company_user']);
            }
            $user->email_verified_at = now();
            $user->deleted_at = $row['deleted_at'] ? now() : null;
            $user->password = $row['password'];
            $user->save();
            Accounts::token($this->import->company, $user, 'Symfony');
            $this->import->remember('users', $row['id'], (int) $user->id);
        }
        Record::$unguarded = false;
    }

    /** Makes the user a member of the company; membership: what V4 exports of it, which PHP must be able to write to. */
    private function join(Record $user, mixed $membership): void
    {
        if (! $this->isMember($user)) {
            $membership['account_id'] = $this->import->company->account_id;
            Accounts::attach($this->import->company, $user, false);
        } elseif (! is_array($membership)) {
            throw new TypeError('Illuminate\Database\Eloquent\Model::fill(): Argument #1 ($attributes) must be of type array, '
                . get_debug_type($membership) . ' given, called in ' . __FILE__ . ' on line ' . __LINE__);
        }
    }

    /** A user who is in V5 already must belong to a company that its key finds. */
    private function requireCompany(array $rows): void
    {
        $errors = [];
        foreach ($rows as $i => $row) {
            $known = is_string($row['email'] ?? null) && $row['email'] !== '' && Record::firstWhere('users', ['email' => $row['email']]) !== null;
            if ($known && $this->import->company->company_key === null) {
                $errors["{$i}.email"] = ['This user is unable to be attached to this company. '
                    . 'Perhaps they have already registered a user on another account?'];
            }
        }
        if ($errors !== []) {
            throw new MigrationValidatorFailed(json_encode($errors));
        }
    }

    private function newUser(): Record
    {
        return new Record('users', [
            'account_id' => $this->import->company->account_id,
            'first_name' => '',
            'last_name' => '',
            'phone' => '',
            'email' => '',
            'last_login' => now(),
            'failed_logins' => 0,
            'signature' => '',
            'theme_id' => 0,
            'user_logged_in_notification' => 1,
            'referral_code' => strtolower(random_key(32)),
        ]);
    }

    private function isMember(Record $user): bool
    {
        return Record::firstWhere('company_user', ['company_id' => $this->import->company->id, 'user_id' => $user->id]) !== null;
    }

    public function paymentTerms(array $rows): void
    {
        $rows = array_map(function (mixed $row): array {
            $row['user_id'] = $this->import->user->id;
            $row['company_id'] = $this->import->company->id;
            $row['is_deleted'] ??= 0;
            ksort($row);
            return $row;
        }, array_values($rows));
        if ($rows !== []) {
            app()->db()->insertAll('payment_terms', $rows);
        }
    }

    public function taxRates(array $rows): void
    {
        Record::$unguarded = true;
        Validator::rows($rows, ['name' => ['required'], 'rate' => ['required', 'numeric']]);
        foreach ($rows as $row) {
            $user = $this->import->userId($row);
            unset($row['user_id']);
            if (isset($row['company_id'])) {
                unset($row['company_id']);
            }
            (new Record('tax_rates', ['name' => '', 'rate' => 0, 'company_id' => $this->import->company->id, 'user_id' => $user]))->fill($row)->save();
        }
        Record::$unguarded = false;
        if ((int) app()->db()->value('select count(*) from `tax_rates`') > 0) {
            $this->import->company->enabled_tax_rates = 2;
            $this->import->company->save();
        }
    }
}
