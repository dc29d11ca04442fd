<?php

namespace App\Http\Controllers;

use App\Http\Auth;
use App\Jobs\Mail\NinjaMailerJob;
use App\Jobs\Util\StartMigration;
use App\Models\Accounts;
use App\Models\ModelNotFoundException;
use App\Models\Record;
use App\Utils\HashedIds;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Takes V4's uploads. Its answer says nothing about what became of them. */
class MigrationController
{
    private const MAX_COMPANIES = 10;

    public function purge(Request $request, Auth $auth, string $id): Response
    {
        $auth->requirePassword($request);
        $company = Record::find('companies', HashedIds::decode($id) ?? 0) ?? throw new ModelNotFoundException('App\\Models\\Company');
        $this->remove($company);
        return Response::json(['message' => 'Company purged']);
    }

    public function start(Request $request, Auth $auth): Response
    {
        nlog('Starting Migration');
        $silent = $request->has('silent_migration');
        foreach ($this->companies($request) as $entry) {
            if (! is_array($entry)) {
                continue;
            }
            $count = (int) app()->db()->value('select count(*) from `companies` where `account_id` = ?', [$auth->user->account_id]);
            $row = app()->db()->first('select `id` from `companies` where binary `company_key` = ?', [$entry['company_key']]);
            $existing = $row === null ? null : Record::find('companies', $row['id']);
            if ($count > self::MAX_COMPANIES || ($existing === null && $count >= self::MAX_COMPANIES)) {
                $this->mail($silent, $auth, 'Maximum companies migrated', "Maximum companies migrated\n\n"
                    . 'You have reached your maximum number of companies. Delete existing companies to migrate new ones.');
                return new Response();
            }
            if ($existing !== null && ! ($entry['force'] ?? false)) {
                nlog('Migrating: Existing company without force. (CASE_01)');
                $name = Accounts::companyName($existing);
                $this->mail($silent, $auth, 'Existing Migration', "Company already migrated\n\n"
                    . "Looks like you already migrated <b> {$name} </b>to the V5 version of the Invoice Ninja. "
                    . 'In case you want to start over, you can force migrate to wipe existing data.');
                return $this->accepted();
            }
            $company = $this->makeRoom($existing, $auth, $request);
            $file = $request->file($entry['company_index']);
            $stored = $file->storeAs('migrations', $file->getClientOriginalName(), 'public');
            if (app()->environment() === 'testing') {
                nlog('environment is testing = bailing out now');
                return new Response();
            }
            nlog('starting migration job');
            nlog($stored);
            StartMigration::dispatch($stored, $auth->user, $company, $silent);
        }
        return $this->accepted();
    }

    /** @return array<int, mixed> what the text parts of the request hold, decoded */
    private function companies(Request $request): array
    {
        if ($request->get('companies')) {
            return json_decode($request->get('companies'), true);
        }
        return array_map(
            fn (mixed $text) => is_string($text) ? json_decode($text, true) : null,
            array_values([...$request->query, ...$request->input])
        );
    }

    /** Removes the company that is to be replaced, and makes the blank one that the import will fill. */
    private function makeRoom(?Record $existing, Auth $auth, Request $request): Record
    {
        if ($existing !== null) {
            nlog('purging the existing company here');
            $this->remove($existing);
        } else {
            nlog('creating fresh company');
        }
        $company = Accounts::company((int) $auth->user->account_id, ['is_disabled' => 1]);
        if ($existing !== null) {
            app()->db()->update('accounts', ['default_company_id' => $company->id], (int) $auth->user->account_id);
        }
        Accounts::token($company, $auth->user, (string) $request->get('token_name', random_key(12)));
        Accounts::attach($company, $auth->user, true);
        return $company;
    }

    /** Deletes a company; the database takes everything that belongs to it along. */
    private function remove(Record $company): void
    {
        $account = Record::find('accounts', $company->account_id);
        $company->delete();
        $next = Record::firstWhere('companies', ['account_id' => $account->id]);
        if ($account->default_company_id === $company->id && $next !== null) {
            $account->default_company_id = $next->id;
            $account->save();
        }
    }

    private function mail(bool $silent, Auth $auth, string $subject, string $text): void
    {
        if (! $silent) {
            NinjaMailerJob::dispatch($subject, $text, $auth->user, Record::firstWhere('companies', ['account_id' => $auth->user->account_id]));
        }
    }

    private function accepted(): Response
    {
        $now = \DateTime::createFromFormat('U.u', sprintf('%.6f', microtime(true)));
        return Response::json(['_id' => uuid(), 'method' => config('queue.default'), 'started_at' => $now->format('Y-m-d\TH:i:s.u\Z')]);
    }
}
