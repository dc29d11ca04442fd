<?php

namespace App\Http\Controllers;

use App\Http\Request;
use App\Http\Response;
use App\Http\Session;
use App\Models\Account;
use App\Models\ModelNotFoundException;
use App\Services\Migration\AuthService;
use App\Services\Migration\CompleteService;
use App\Support\Auth;
use App\Traits\GenerateMigrationResources;
use ZipArchive;

/** The wizard that sends companies to V5, and the forwarding of customers. Only an account's owner gets here. */
class StepsController
{
    use GenerateMigrationResources;

    public function start(): Response
    {
        return Response::view('migration.start');
    }

    public function handleType(Request $request, Session $session): Response
    {
        $option = $request->input('option');
        if ($option === null || $option === '') {
            return $this->refuse($session, 'The option field is required.');
        }
        if (! in_array($option, ['0', '1'], true)) {
            return $this->refuse($session, 'The selected option is invalid.');
        }
        $session->put('MIGRATION_TYPE', $option);

        return Response::redirect($option === '0' ? '/migration/companies?hosted=true' : '/migration/endpoint');
    }

    public function endpoint(Request $request, Session $session): Response
    {
        return $session->has('MIGRATION_TYPE')
            ? Response::view('migration.endpoint')
            : Response::redirect('/migration/start');
    }

    public function handleEndpoint(Request $request, Session $session): Response
    {
        $endpoint = $request->input('endpoint');
        if (! $endpoint) {
            return $this->refuse($session, 'The endpoint field is required.');
        }
        if (! $this->isUrl($endpoint)) {
            return $this->refuse($session, 'The endpoint format is invalid.');
        }
        if (! $session->has('MIGRATION_TYPE')) {
            return Response::redirect('/migration/start');
        }
        $session->put('MIGRATION_ENDPOINT', rtrim($endpoint, '/'));

        return Response::redirect('/migration/auth');
    }

    public function auth(Request $request, Session $session): Response
    {
        return $session->has('MIGRATION_TYPE') ? Response::view('migration.auth') : Response::redirect('/migration/start');
    }

    /** Log in to V5. Whatever V5 refuses is an exception that nobody catches: a bare page 500. */
    public function handleAuth(Request $request, Session $session): Response
    {
        foreach (['email', 'password'] as $field) {
            if (! $request->input($field)) {
                return $this->refuse($session, "The {$field} field is required.");
            }
        }
        $email = $request->input('email');
        if (! filter_var($email, FILTER_VALIDATE_EMAIL)) {
            return $this->refuse($session, 'The email format is invalid.');
        }
        if (! $session->has('MIGRATION_TYPE')) {
            return Response::redirect('/migration/start');
        }
        if (Auth::user()->email !== $email) {
            return $this->answer($session, [trans('texts.cross_migration_message')]);
        }
        $secret = $request->has('api_secret') ? (string) $request->input('api_secret') : null;
        $service = new AuthService($email, $request->input('password'), $secret);
        if (! $service->start((string) $session->get('MIGRATION_ENDPOINT', 'https://app.invoiceninja.com'))) {
            return $this->answer($session, $service->getErrors());
        }
        $session->put('MIGRATION_ACCOUNT_TOKEN', $service->getAccountToken());
        $session->put('MIGRAITON_API_SECRET', $secret); // V4's spelling: the upload looks for another name

        return Response::redirect('/migration/companies');
    }

    public function companies(Request $request, Session $session): Response
    {
        if (! $session->has('MIGRATION_ACCOUNT_TOKEN')) {
            return Response::redirect('/migration/auth');
        }
        $companies = [];
        foreach ($session->get('user_accounts') ?: [Auth::user()->account_id] as $id) {
            if ($account = Account::find($id)) {
                $companies[] = ['name' => $account->displayName(), 'company_key' => $account->account_key];
            }
        }

        return Response::view('migration.companies', ['companies' => $companies]);
    }

    /** Export and upload; an exception is an information in the log and the text of an otherwise ordinary page. */
    public function handleCompanies(Request $request, Session $session): Response
    {
        if (! $request->input('companies')) {
            return $this->refuse($session, 'The companies field is required.');
        }
        if (! $session->has('MIGRATION_ACCOUNT_TOKEN')) {
            return Response::redirect('/migration/auth');
        }
        $service = new CompleteService($session->get('MIGRATION_ACCOUNT_TOKEN'));
        try {
            set_time_limit(0);
            $archives = array_map([$this, 'export'], array_values($request->input('companies')));
            $isStarted = $service->start($session->get('MIGRATION_ENDPOINT', 'https://app.invoiceninja.com'), $archives);
        } catch (\Exception $error) {
            info($error->getMessage());

            return Response::view('migration.completed', ['customMessage' => $error->getMessage()]);
        }

        return Response::view('migration.completed', ['customMessage' => $isStarted ? null : $service->getErrors()[0]]);
    }

    /** Write the archive of one company and tell what the upload needs to know of it. */
    private function export($company): array
    {
        $this->account = Account::query()->where('account_key = ?', $company['id'])->first();
        if (! $this->account) {
            throw new ModelNotFoundException('No query results for model [App\Models\Account].');
        }
        $data = ['data' => $this->migrationData(), 'force' => array_key_exists('force', $company)];
        if (! is_dir(storage_path('app/migrations'))) {
            mkdir(storage_path('app/migrations'), 0755, true);
        }
        $key = $this->account->account_key;
        $file = storage_path("app/migrations/{$key}-" . date('Y-m-d') . '-invoiceninja.zip');
        $zip = new ZipArchive();
        $zip->open($file, ZipArchive::CREATE | ZipArchive::OVERWRITE);
        $zip->addFromString('migration.json', (string) json_encode($data, JSON_PRETTY_PRINT));
        $zip->close();

        return ['company_key' => $key, 'force' => $data['force'], 'file' => $file];
    }

    public function completed(): Response
    {
        return Response::view('migration.completed', ['customMessage' => null]);
    }

    /** Send customers to V5 from now on, and send no invoices and reminders any more. */
    public function forwardUrl(Request $request, Session $session): Response
    {
        $url = (string) $request->input('url', '');
        if ($url !== '' && ! $this->isUrl($url)) {
            return $this->refuse($session, 'The url format is invalid.');
        }
        Auth::user()->account->account_email_settings->update([
            'is_disabled' => $url === '' ? 0 : 1,
            'forward_url_for_v5' => rtrim($url, '/'),
        ]);

        return Response::back();
    }

    public function disableForwarding(): Response
    {
        Auth::user()->account->account_email_settings->update(['is_disabled' => 0, 'forward_url_for_v5' => '']);

        return Response::back();
    }

    private function isUrl($text): bool
    {
        return is_string($text) && preg_match('#^[a-z][a-z0-9+.-]*://[^\s/?\#]+[^\s]*$#i', $text)
            && filter_var($text, FILTER_VALIDATE_URL) !== false;
    }

    private function refuse(Session $session, string $message): Response
    {
        $session->flash('errors', [$message]);

        return Response::back();
    }

    private function answer(Session $session, array $messages): Response
    {
        $session->flash('responseErrors', $messages);

        return Response::back();
    }
}
