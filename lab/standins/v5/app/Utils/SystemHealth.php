<?php

namespace App\Utils;

use FilesystemIterator;
use Illuminate\Console\Output;
use Illuminate\Database\Migrator;
use RecursiveDirectoryIterator;
use RecursiveIteratorIterator;
use Throwable;

/** What GET /api/v1/health_check tells about the installation. */
class SystemHealth
{
    private const EXTENSIONS = ['gd', 'curl', 'zip', 'openssl', 'mbstring', 'xml', 'bcmath', 'iconv'];

    private const PHP = '8.1';

    /** @return array<string, mixed> */
    public static function check(): array
    {
        $extensions = array_map(fn (string $name) => [$name => extension_loaded($name)], self::EXTENSIONS);
        return [
            'system_health' => ! in_array(false, array_map('current', $extensions), true),
            'extensions' => $extensions,
            'php_version' => [
                'minimum_php_version' => self::PHP,
                'current_php_version' => PHP_VERSION,
                'current_php_cli_version' => self::cli(),
                'is_okay' => version_compare(PHP_VERSION, self::PHP, '>='),
                'memory_limit' => ini_get('memory_limit'),
            ],
            'env_writable' => is_writable(base_path('.env')),
            'simple_db_check' => true,
            'cache_enabled' => ! env('APP_URL'),
            'phantom_enabled' => (bool) config('ninja.phantomjs_pdf_generation'),
            'exec' => function_exists('exec'),
            'open_basedir' => (string) ini_get('open_basedir') === '',
            'mail_mailer' => (string) config('mail.default'),
            'flutter_renderer' => (string) config('ninja.flutter_canvas_kit'),
            'pdf_engine' => self::pdfEngine(),
            'queue' => (string) config('queue.default'),
            'queue_data' => self::queue(),
            'jobs_pending' => 0,
            'trailing_slash' => str_ends_with((string) env('APP_URL'), '/'),
            'file_permissions' => self::permissions(),
            'exchange_rate_api_not_configured' => (string) config('ninja.currency_converter_api_key') === '',
            'api_version' => (string) config('ninja.app_version'),
            'is_docker' => (bool) config('ninja.is_docker'),
            'pending_migrations' => self::pending(),
        ];
    }

    /** The last line of laravel.log that begins a record. */
    public static function lastError(): string
    {
        $last = '';
        foreach (array_slice(file(storage_path('logs/laravel.log')), -500) as $line) {
            if (str_starts_with($line, '[2')) {
                $last = $line;
            }
        }
        return $last;
    }

    private static function cli(): string
    {
        try {
            exec('php -v', $lines);
            return $lines[0] ?? '';
        } catch (Throwable) {
            return '';
        }
    }

    private static function pdfEngine(): string
    {
        if (config('ninja.invoiceninja_hosted_pdf_generation') || config('ninja.pdf_generator') === 'hosted_ninja') {
            return 'Invoice Ninja Hosted PDF Generator';
        }
        return config('ninja.phantomjs_pdf_generation') || config('ninja.pdf_generator') === 'phantom'
            ? 'Phantom JS Web Generator'
            : 'SnapPDF PDF Generator';
    }

    /** @return array{failed: int, pending: int, last_error: string} */
    private static function queue(): array
    {
        return [
            'failed' => (int) app()->db()->value('select count(*) from `failed_jobs`'),
            'pending' => (int) app()->db()->value('select count(*) from `jobs`'),
            'last_error' => (string) app()->db()->value('select `exception` from `failed_jobs` order by `failed_at` desc limit 1'),
        ];
    }

    private static function permissions(): string
    {
        $folder = new RecursiveDirectoryIterator(base_path(), FilesystemIterator::SKIP_DOTS);
        foreach (new RecursiveIteratorIterator($folder) as $file) {
            if (! str_contains($file->getPathname(), '.git') && $file->isFile() && ! $file->isWritable()) {
                return "{$file->getFilename()} is not writable";
            }
        }
        return 'Ok';
    }

    private static function pending(): bool
    {
        $migrator = new Migrator(new Output());
        return array_diff(array_keys($migrator->files()), $migrator->ran()) !== [];
    }
}
