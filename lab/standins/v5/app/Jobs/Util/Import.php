<?php

namespace App\Jobs\Util;

use App\Models\Record;
use App\Repositories\Migration\BillingImporter;
use App\Repositories\Migration\ContactImporter;
use App\Repositories\Migration\DocumentImporter;
use App\Repositories\Migration\Finisher;
use App\Repositories\Migration\GatewayImporter;
use App\Repositories\Migration\PaymentImporter;
use App\Repositories\Migration\SetupImporter;
use App\Repositories\Migration\SimpleImporter;
use Error;
use Exception;
use TypeError;

/** Imports one unpacked migration.json, resource by resource, and remembers which old id became which new one. */
class Import
{
    /** resource => importer, in the order of the import */
    private const RESOURCES = [
        'account' => SetupImporter::class,
        'company' => SetupImporter::class,
        'users' => SetupImporter::class,
        'payment_terms' => SetupImporter::class,
        'tax_rates' => SetupImporter::class,
        'clients' => ContactImporter::class,
        'company_gateways' => GatewayImporter::class,
        'client_gateway_tokens' => GatewayImporter::class,
        'vendors' => ContactImporter::class,
        'projects' => SimpleImporter::class,
        'products' => SimpleImporter::class,
        'credits' => BillingImporter::class,
        'recurring_invoices' => BillingImporter::class,
        'invoices' => BillingImporter::class,
        'quotes' => BillingImporter::class,
        'payments' => PaymentImporter::class,
        'expense_categories' => SimpleImporter::class,
        'task_statuses' => SimpleImporter::class,
        'expenses' => SimpleImporter::class,
        'recurring_expenses' => SimpleImporter::class,
        'tasks' => SimpleImporter::class,
        'documents' => DocumentImporter::class,
        'activities' => SimpleImporter::class,
    ];

    /** The token with which attachments are fetched from V4. */
    public string $token = '';

    /** @var array<string, array<string, array{old: mixed, new: int}>> resource => "resource_old" => ids */
    private array $ids = [];

    public function __construct(
        private readonly string $file,
        public readonly Record $company,
        public readonly Record $user,
        public readonly bool $silent,
    ) {
    }

    public function handle(): void
    {
        set_time_limit(0);
        nlog('Starting Migration');
        nlog($this->user->email);
        nlog('Company ID = ');
        nlog($this->company->id);
        $content = json_decode(file_get_contents($this->file), true);
        $data = $content['data'];
        unset($content);
        $importers = [];
        foreach (self::RESOURCES as $resource => $class) {
            if (! array_key_exists($resource, $data)) {
                info("Resource {$resource} is not available for migration.");
                continue;
            }
            info("Importing {$resource}");
            $importers[$class] ??= new $class($this);
            $method = $this->method($resource);
            self::requireArray('process' . ucfirst($method), 'data', $data[$resource]);
            $importers[$class]->{$method}($data[$resource]);
        }
        (new Finisher($this))->finish($data);
        if (is_file($this->file)) {
            unlink($this->file);
        }
    }

    private function method(string $resource): string
    {
        return lcfirst(str_replace(' ', '', ucwords(str_replace('_', ' ', $resource))));
    }

    /** @throws TypeError in upstream's words: its methods take arrays alone, and they have other names */
    public static function requireArray(string $method, string $argument, mixed $value): void
    {
        if (! is_array($value)) {
            throw new TypeError(sprintf(
                'App\Jobs\Util\Import::%s(): Argument #1 ($%s) must be of type array, %s given, called in %s on line %d',
                $method,
                $argument,
                get_debug_type($value),
                __FILE__,
                __LINE__
            ));
        }
    }

    /**
     * What upstream's first step with a record says where it is none. It asks for a key, takes one out, or looks for its user.
     *
     * @throws TypeError|Error|Exception
     */
    public static function requireRow(string $resource, mixed $row): void
    {
        if (is_array($row)) {
            return;
        }
        if (in_array($resource, ['invoices', 'payments', 'documents'], true)) {
            array_key_exists('client_id', $row);
        }
        if ($row === null && in_array($resource, ['users', 'client_gateway_tokens'], true)) {
            throw new Exception('Trying to access array offset on value of type null');
        }
        if ($row === null) {
            self::requireArray('processUserId', 'resource', $row);
        }
        $writes = in_array($resource, ['clients', 'vendors', 'products', 'payment_terms'], true);
        throw new Error(match (true) {
            is_string($row) => $writes ? 'Cannot access offset of type string on string' : 'Cannot unset string offsets',
            default => $writes ? 'Cannot use a scalar value as an array' : 'Cannot unset offset in a non-array variable',
        });
    }

    public function remember(string $resource, mixed $old, int $new): void
    {
        $this->ids[$resource]["{$resource}_{$old}"] = ['old' => $old, 'new' => $new];
    }

    public function knows(string $resource): bool
    {
        return array_key_exists($resource, $this->ids);
    }

    /** The new id of the record that a row's column points at. */
    public function reference(string $resource, array $row, string $column): int
    {
        return $this->transformId($resource, $row[$column]);
    }

    /** @throws Exception when nothing of that resource was imported, or not this one */
    public function transformId(string $resource, string $old): int
    {
        if (! array_key_exists($resource, $this->ids)) {
            nlog($resource);
            throw new Exception("Resource {$resource} not available.");
        }
        if (! array_key_exists("{$resource}_{$old}", $this->ids[$resource])) {
            throw new Exception("Missing resource key: {$resource}_{$old}");
        }
        return $this->ids[$resource]["{$resource}_{$old}"]['new'];
    }

    /** As transformId(), but null instead of an exception. */
    public function tryTransformingId(string $resource, string $old): ?int
    {
        return $this->ids[$resource]["{$resource}_{$old}"]['new'] ?? null;
    }

    /** The new id of a row's user; the owner's where the export knows no users. */
    public function userId(array $row): int
    {
        if (! array_key_exists('user_id', $row) || ! $this->knows('users')) {
            return (int) $this->user->id;
        }
        return $this->transformId('users', $row['user_id']);
    }

    /** A trimmed number; with a random tail when the company already has it. */
    public function uniqueNumber(string $table, mixed $number): string
    {
        $number = trim($number);
        $taken = app()->db()->value("select exists (select 1 from `{$table}` where `number` = ? and `company_id` = ?)", [$number, $this->company->id]);
        return $taken ? $number . '_' . random_key(5) : $number;
    }
}
