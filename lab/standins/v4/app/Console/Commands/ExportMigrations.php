<?php

namespace App\Console\Commands;

use App\Console\Command;
use App\Models\Model;
use App\Models\User;
use App\Support\Auth;
use App\Traits\GenerateMigrationResources;
use ZipArchive;

/**
 * Writes one zip per user: storage/migrations/<account_key>-<date>-invoiceninja.zip with the file migration.json.
 *
 * The traps of the real command are here too:
 *
 * - It makes storage/app/migrations and writes to storage/migrations. Where nobody made the second directory, the archive
 *   fails when it is closed, after all the work, with exit status 1.
 * - Without an option every user is exported, also two of the same account.
 * - A user that does not exist is an information, not an error: exit status 0.
 * - Text that is no UTF-8 makes json_encode return false, and the archive then holds an empty migration.json.
 *
 * The place of the failure is known from a recording of the real command: "In ExportMigrations.php line 144".
 */
class ExportMigrations extends Command
{
    use GenerateMigrationResources;

    /** Each of them takes a value. */
    public const OPTIONS = [
        'user' => true,
        'email' => true,
        'random' => true,
    ];

    public const DESCRIPTION = 'Export account migrations to folder.';

    /**
     * Export the user of --user, the user of --email, or every user.
     *
     * @return int|null
     */
    public function handle(): ?int
    {
        $this->info('Note: Migrations will be stored inside of (storage/migrations) folder.');

        if ($this->option('user')) {
            return $this->exportOne(
                User::find($this->option('user')),
                'I could not find that user - sorry'
            );
        }

        if ($this->option('email')) {
            return $this->exportOne(
                User::query()->where('email = ?', $this->option('email'))->first(),
                'I could not find that user by email - sorry'
            );
        }

        foreach (User::query()->get() as $user) {
            $this->export($user);
        }

        return null;
    }

    /**
     * Export $user, or say that there is none.
     *
     * @param Model|null $user
     */
    private function exportOne(?Model $user, string $otherwise): ?int
    {
        if ($user instanceof User) {
            $this->export($user);
        } else {
            $this->info($otherwise);
        }

        return null;
    }

    /**
     * Collect the account of $user and write its archive.
     *
     * The account is that of the user: with two users in one account the archive is written twice, under one name.
     */
    private function export(User $user): void
    {
        $this->account = $user->account;
        Auth::login($user);

        $name = sprintf(
            '%s-%s-invoiceninja',
            $this->account->account_key,
            date('Y-m-d')
        );

        $this->write(storage_path("migrations/{$name}.zip"), [
            'data' => $this->migrationData(),
        ]);

        $this->info('User with id #' . $user->id . ' exported.');
    }

    /**
     * The directory that is made is the one of the disk "local".
     */
    private function makeDirectory(): void
    {
        $directory = storage_path('app/migrations');

        if (! is_dir($directory)) {
            mkdir($directory, 0755, true);
        }
    }

    /**
     * Write the archive; ZipArchive says only at the end that it cannot.
     *
     * @param string $path where the archive is to be
     * @param array  $data what migration.json holds
     */
    private function write(string $path, array $data): void
    {
        $this->makeDirectory();

        $zip = new ZipArchive();

        $zip->open(
            $path,
            ZipArchive::CREATE | ZipArchive::OVERWRITE
        );

        $zip->addFromString(
            'migration.json',
            (string) json_encode(
                $data,
                JSON_PRETTY_PRINT
            )
        );

        $zip->close();
    }
}
