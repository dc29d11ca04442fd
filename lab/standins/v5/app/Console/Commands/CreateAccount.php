<?php

namespace App\Console\Commands;

use App\DataMapper\CompanySettings;
use App\Jobs\Util\VersionCheck;
use App\Models\Accounts;
use App\Models\Record;
use Illuminate\Console\Command;

class CreateAccount extends Command
{
    public string $name = 'ninja:create-account';

    protected array $options = ['email' => null, 'password' => null];

    public function handle(): int
    {
        $this->output->line(date('r') . ' Create Single Account...');
        $account = (new Record('accounts', [
            'default_company_id' => 1,
            'key' => random_key(32),
            'report_errors' => 1,
            'referral_code' => strtolower(random_key(32)),
        ]))->save();
        $settings = CompanySettings::defaults();
        $settings->name = 'Untitled Company';
        $company = Accounts::company($account->id, ['portal_domain' => config('ninja.app_url'), 'portal_mode' => 'domain', 'settings' => $settings]);
        $account->default_company_id = $company->id;
        $account->set_react_as_default_ap = 1;
        $account->save();
        $user = (new Record('users', [
            'account_id' => $account->id,
            'first_name' => 'New',
            'last_name' => 'User',
            'phone' => '',
            'email' => $this->option('email') ?? 'admin@example.com',
            'email_verified_at' => now(),
            'password' => password_hash($this->option('password') ?? 'changeme!', PASSWORD_BCRYPT),
            'remember_token' => random_key(10),
            'confirmation_code' => config('database.default') . '-' . random_key(32),
        ]))->save();
        Accounts::token($company, $user, 'User Token');
        Accounts::attach($company, $user, true);
        foreach ([0 => 'Net 0', 7 => '', 10 => '', 14 => '', 15 => '', 30 => '', 60 => '', 90 => ''] as $days => $name) {
            (new Record('payment_terms', ['num_days' => $days, 'name' => $name, 'company_id' => $company->id, 'user_id' => $user->id]))->save();
        }
        foreach (['Backlog', 'Ready to do', 'In progress', 'Done'] as $i => $name) {
            (new Record('task_statuses', ['name' => $name, 'company_id' => $company->id, 'user_id' => $user->id, 'status_order' => $i + 1]))->save();
        }
        (new VersionCheck())->handle();
        return 0;
    }
}
