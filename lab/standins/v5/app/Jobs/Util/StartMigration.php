<?php

namespace App\Jobs\Util;

use App\Exceptions\NonExistingMigrationFile;
use App\Exceptions\ProcessingMigrationArchiveFailed;
use App\Mail\MigrationFailed;
use App\Models\Record;
use Exception;
use Illuminate\Queue\Queueable;
use Throwable;
use ZipArchive;

/**
 * Unpacks an uploaded export and imports it.
 *
 * An Exception is mailed and kept out of the log in production; an Error (TypeError, ValueError) is not caught here at all, so it is
 * the queue that logs it. The unpacked files stay behind when the import fails, the archive always.
 */
class StartMigration extends Queueable
{
    private const CACHE_SECONDS = 86400;

    public ?int $tries = 1;

    public ?int $timeout = 0;

    public function __construct(
        private string|bool $filepath,
        private Record $user,
        private Record $company,
        private bool $silent_migration = false,
    ) {
    }

    public function handle(): void
    {
        nlog('Inside Migration Job');
        $this->mark('started');
        app()->userId = (int) $this->user->id;
        $this->company->is_disabled = 1;
        $this->company->save();
        $zip = new ZipArchive();
        $archive = $zip->open(public_path("storage/{$this->filepath}"));
        $name = pathinfo((string) $this->filepath, PATHINFO_FILENAME);
        $updateProducts = $this->company->update_products;
        $this->company->update_products = 0;
        $this->company->save();
        try {
            $this->import($zip, $archive, $name);
            $this->company->update_products = $updateProducts;
            $this->company->save();
            $this->mark('completed');
        } catch (Exception $e) {
            $this->company->update_products = $updateProducts;
            $this->company->save();
            $this->mark('failed');
            if (! $this->silent_migration) {
                app()->mailer()->send(MigrationFailed::message($this->user, $this->company, $e));
            }
            if (app()->environment() !== 'production') {
                info($e->getMessage());
            }
        }
    }

    public function failed(Throwable $e): void
    {
        nlog($e->getMessage());
    }

    /** open() returns an error number for a broken archive, and a number is true: so extractTo() is what fails. */
    private function import(ZipArchive $zip, int|bool $archive, string $name): void
    {
        if (! $archive) {
            throw new ProcessingMigrationArchiveFailed('Processing migration archive failed. Migration file is possibly corrupted.');
        }
        $zip->extractTo(public_path("storage/migrations/{$name}"));
        $zip->close();
        if (app()->environment() === 'testing') {
            return;
        }
        $file = public_path("storage/migrations/{$name}/migration.json");
        if (! file_exists($file)) {
            throw new NonExistingMigrationFile('Migration file does not exist, or it is corrupted.');
        }
        (new Import($file, $this->company, $this->user, $this->silent_migration))->handle();
    }

    private function mark(string $state): void
    {
        app()->cache()->put("migration-{$this->company->company_key}", $state, self::CACHE_SECONDS);
    }
}
