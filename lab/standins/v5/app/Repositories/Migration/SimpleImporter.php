<?php

namespace App\Repositories\Migration;

use App\Jobs\Util\Import;
use App\Models\Record;
use App\Utils\Validator;
use Exception;

/** Imports the records that are copied as they are, but for the ids in them. */
class SimpleImporter
{
    private const NOT_REMEMBERED = ['products', 'activities'];

    public function __construct(private readonly Import $import)
    {
    }

    public function projects(array $rows): void
    {
        $this->copy('projects', $rows, ['client_id' => 'clients']);
    }

    public function products(array $rows): void
    {
        Validator::rows($rows, ['cost' => ['numeric'], 'price' => ['numeric'], 'quantity' => ['numeric']]);
        $this->copy('products', $rows, [], [
            'product_key' => '', 'notes' => '', 'cost' => 0, 'price' => 0, 'quantity' => 1, 'tax_name1' => '', 'tax_rate1' => 0, 'tax_name2' => '',
            'tax_rate2' => 0, 'custom_value1' => '', 'custom_value2' => '', 'custom_value3' => '', 'custom_value4' => '', 'is_deleted' => 0, 'tax_id' => 1,
        ]);
    }

    public function expenseCategories(array $rows): void
    {
        $this->copy('expense_categories', $rows, [], [], fn (array $row) => ['is_deleted' => (bool) ($row['is_deleted'] ?? false)] + $row);
    }

    public function taskStatuses(array $rows): void
    {
        info('in task statuses');
        $this->copy('task_statuses', $rows);
        info('finished task statuses');
    }

    public function expenses(array $rows): void
    {
        $references = ['client_id' => 'clients', 'category_id' => 'expense_categories', 'invoice_id' => 'invoices', 'project_id' => 'projects',
            'vendor_id' => 'vendors'];
        $this->copy('expenses', $rows, $references, [], fn (array $row) => [...$row, 'tax_amount1' => 0, 'tax_amount2' => 0, 'tax_amount3' => 0]);
    }

    public function recurringExpenses(array $rows): void
    {
        Validator::rows($rows, ['amount' => ['numeric']]);
        $this->copy('recurring_expenses', $rows, ['client_id' => 'clients', 'category_id' => 'expense_categories', 'vendor_id' => 'vendors']);
    }

    public function tasks(array $rows): void
    {
        $this->copy('tasks', $rows, ['client_id' => 'clients', 'invoice_id' => 'invoices', 'project_id' => 'projects', 'status_id' => 'task_statuses']);
    }

    public function activities(array $rows): void
    {
        $references = ['client_id' => 'clients', 'invoice_id' => 'invoices', 'quote_id' => 'quotes', 'payment_id' => 'payments', 'credit_id' => 'credits',
            'expense_id' => 'expenses', 'task_id' => 'tasks', 'client_contact_id' => 'client_contacts'];
        foreach ($rows as $row) {
            try {
                $this->copy('activities', [$row], $references);
            } catch (Exception $e) {
                nlog("could not import activity: {$e->getMessage()}");
            }
        }
    }

    /**
     * @param array<int, array<string, mixed>> $rows
     * @param array<string, string> $references column => resource; followed where the column is set
     * @param array<string, mixed> $defaults
     * @param ?callable(array<string, mixed>): array<string, mixed> $change
     */
    private function copy(string $table, array $rows, array $references = [], array $defaults = [], ?callable $change = null): void
    {
        Record::$unguarded = true;
        foreach ($rows as $row) {
            Import::requireRow($table, $row);
            $row = $change === null ? $row : $change($row);
            $values = array_diff_key($row, ['id' => 1]);
            $values['company_id'] = $this->import->company->id;
            $values['user_id'] = $this->import->userId($row);
            foreach ($references as $column => $resource) {
                if (isset($row[$column])) {
                    $values[$column] = $this->import->reference($resource, $row, $column);
                }
            }
            $record = (new Record($table, $defaults))->fill($values)->save();
            if (! in_array($table, self::NOT_REMEMBERED, true)) {
                $this->import->remember($table, $row['id'], (int) $record->id);
            }
        }
        Record::$unguarded = false;
    }
}
