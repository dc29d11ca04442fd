<?php

namespace App\Traits;

use App\Export\BillingResources;
use App\Export\CompanyResources;
use App\Export\ExpenseResources;
use App\Export\Fields;
use App\Export\GatewayResources;
use App\Export\PeopleResources;
use App\Models\User;

/** The records of one account as V5 imports them. Whoever uses it sets $account first. */
trait GenerateMigrationResources
{
    use BillingResources;
    use CompanyResources;
    use ExpenseResources;
    use GatewayResources;
    use PeopleResources;

    /** @var \App\Models\Account */
    protected $account;

    /** Every resource, in the order in which V4 collects them; documents are collected twice. */
    protected function migrationData(): array
    {
        return [
            'account' => $this->getAccount(),
            'company' => $this->getCompany(),
            'users' => $this->getUsers(),
            'tax_rates' => $this->getTaxRates(),
            'payment_terms' => $this->getPaymentTerms(),
            'clients' => $this->getClients(),
            'company_gateways' => $this->getCompanyGateways(),
            'client_gateway_tokens' => $this->getClientGatewayTokens(),
            'vendors' => $this->getVendors(),
            'projects' => $this->getProjects(),
            'products' => $this->getProducts(),
            'credits' => $this->getCreditsNotes(),
            'invoices' => $this->getInvoices(),
            'recurring_expenses' => $this->getRecurringExpenses(),
            'recurring_invoices' => $this->getRecurringInvoices(),
            'quotes' => $this->getQuotes(),
            'payments' => $this->getPayments(),
            'documents' => $this->getDocuments(),
            'expense_categories' => $this->getExpenseCategories(),
            'task_statuses' => $this->getTaskStatuses(),
            'expenses' => $this->getExpenses(),
            'tasks' => $this->getTasks(),
        ] + ['documents' => $this->getDocuments(), 'ninja_tokens' => []];
    }

    public function getUsers(): array
    {
        $users = User::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get users ' . count($users));

        return array_map(function (User $user) {
            return Fields::of($user, '
                id first_name? last_name? phone? email confirmation_code failed_logins referral_code google_2fa_secret
                accepted_terms_version password remember_token created_at updated_at deleted_at company_user', [
                'email' => str_contains($user->username, '@') ? $user->username : $user->email,
                'google_2fa_secret' => '',
                'company_user' => [],
            ]);
        }, $users);
    }
}
