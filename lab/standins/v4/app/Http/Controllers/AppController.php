<?php

namespace App\Http\Controllers;

use App\Console\Kernel as Artisan;
use App\Http\Request;
use App\Http\Response;
use App\Http\Session;
use App\Support\Auth;
use App\Support\DB;
use App\Support\Errors;

/** The front door, and the update in the browser. */
class AppController
{
    public function index(): Response
    {
        try {
            $accounts = DB::value('SELECT COUNT(*) FROM accounts WHERE deleted_at IS NULL');
        } catch (\Exception $error) {
            $accounts = 0;
        }

        return Response::redirect(! $accounts ? '/setup' : (Auth::user() ? '/dashboard' : '/login'));
    }

    public function setup(): Response
    {
        return Response::view('setup');
    }

    /** Migrations and lookup tables, as /update does them; with UPDATE_SECRET only for who knows it. */
    public function update(Request $request, Session $session): Response
    {
        $secret = env('UPDATE_SECRET');
        if ($secret && ! hash_equals((string) $secret, (string) $request->input('secret', ''))) {
            $message = 'Invalid secret: /update?secret=<value>';
            Errors::log($message);

            return new Response($message);
        }
        try {
            $this->checkInnoDB();
            ob_start();
            foreach ([['cache:clear'], ['migrate', '--force'], ['db:seed', '--force', '--class=UpdateSeeder']] as $line) {
                $this->artisan($line);
            }
            ob_end_clean();
            $session->flush();
            Auth::login(null);
            $session->flash('warning', trans('texts.processed_updates'));
        } catch (\Exception $error) {
            Errors::log(Errors::text($error));

            return new Response($error->getMessage(), 500);
        }

        return Response::redirect('/?clear_cache=true');
    }

    private function artisan(array $arguments): void
    {
        $options = [];
        foreach (array_slice($arguments, 1) as $word) {
            [$name, $value] = array_pad(explode('=', ltrim($word, '-'), 2), 2, true);
            $options[$name] = $value;
        }
        $class = Artisan::COMMANDS[$arguments[0]];
        (new $class())->run($options);
    }

    /** V4 looks in a database called "ninja" for the table clients, and takes the first row that it does not find. */
    private function checkInnoDB(): void
    {
        $result = DB::select("SELECT engine AS engine FROM information_schema.TABLES
            WHERE TABLE_NAME = 'clients' AND TABLE_SCHEMA = 'ninja'");
        if ($result[0]['engine'] === 'InnoDB') {
            return;
        }
        foreach (DB::select('SHOW TABLES') as $table) {
            DB::connection()->exec('ALTER TABLE `' . reset($table) . '` engine=InnoDB');
        }
    }
}
