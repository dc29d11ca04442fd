<?php

namespace App\Transformers;

use App\Models\Record;

/** One entry of a login's answer: the membership with its token, company, user and account. */
class CompanyUserTransformer
{
    public function __construct(private readonly Record $user, private readonly Record $account)
    {
    }

    /** @return array<string, mixed> */
    public function transform(Record $member): array
    {
        $company = Record::find('companies', $member->company_id);
        $token = Record::firstWhere('company_tokens', ['company_id' => $company->id, 'user_id' => $this->user->id, 'is_system' => 1]);
        return [
            'permissions' => (string) $member->permissions,
            'notifications' => $member->json('notifications') ?? new \stdClass(),
            'settings' => new \stdClass(),
            'is_owner' => (bool) $member->is_owner,
            'is_admin' => (bool) $member->is_admin,
            'is_locked' => (bool) $member->is_locked,
            'updated_at' => Transform::time($member->updated_at),
            'archived_at' => Transform::time($member->deleted_at),
            'created_at' => Transform::time($member->created_at),
            'token' => $this->token($token),
            'company' => [...(new CompanyTransformer())->transform($company), ...$this->lists($company)],
            'user' => $this->user(),
            'account' => $this->account(),
        ];
    }

    /** @return array<string, mixed> */
    private function token(Record $token): array
    {
        return [
            'id' => $token->hashedId(),
            'user_id' => $this->user->hashedId(),
            'token' => $token->token,
            'name' => $token->name,
            'is_system' => (bool) $token->is_system,
            'updated_at' => Transform::time($token->updated_at),
            'archived_at' => Transform::time($token->deleted_at),
            'created_at' => Transform::time($token->created_at),
            'is_deleted' => (bool) $token->is_deleted,
        ];
    }

    /** The records that ride along with a login: that is why its answer is so large. */
    private function lists(Record $company): array
    {
        $lists = [];
        if ($company->is_large) {
            return $lists;
        }
        foreach (['clients', 'invoices', 'quotes', 'payments', 'products', 'expenses', 'credits', 'vendors', 'projects', 'tasks'] as $table) {
            $lists[$table] = array_map((new EntityTransformer())->transform(...), Record::allWhere($table, ['company_id' => $company->id]));
        }
        return $lists;
    }

    /** @return array<string, mixed> */
    private function user(): array
    {
        return [
            'id' => $this->user->hashedId(),
            'first_name' => (string) $this->user->first_name,
            'last_name' => (string) $this->user->last_name,
            'email' => (string) $this->user->email,
            'phone' => (string) $this->user->phone,
            'last_login' => Transform::time($this->user->last_login),
            'google_2fa_secret' => (string) $this->user->google_2fa_secret !== '',
            'has_password' => (string) $this->user->password !== '',
        ];
    }

    /** @return array<string, mixed> */
    private function account(): array
    {
        $account = $this->account;
        return [
            'id' => $account->hashedId(),
            'key' => (string) $account->key,
            'default_url' => (string) config('ninja.app_url'),
            'plan' => (string) $account->plan,
            'plan_term' => (string) $account->plan_term,
            'plan_started' => (string) $account->plan_started,
            'plan_paid' => (string) $account->plan_paid,
            'plan_expires' => (string) $account->plan_expires,
            'user_agent' => (string) $account->user_agent,
            'payment_id' => (string) $account->payment_id,
            'trial_started' => (string) $account->trial_started,
            'trial_plan' => (string) $account->trial_plan,
            'latest_version' => (string) $account->latest_version,
            'current_version' => (string) config('ninja.app_version'),
            'report_errors' => (bool) $account->report_errors,
            'is_scheduler_running' => (bool) $account->is_scheduler_running,
            'is_migrated' => (bool) $account->is_migrated,
            'default_company_id' => \App\Utils\HashedIds::encode((int) $account->default_company_id),
        ];
    }
}
