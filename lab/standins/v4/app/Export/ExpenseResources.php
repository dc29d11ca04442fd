<?php

namespace App\Export;

use App\Models\Document;
use App\Models\Expense;
use App\Models\ExpenseCategory;
use App\Models\Product;
use App\Models\Project;
use App\Models\RecurringExpense;
use App\Models\Task;
use App\Models\TaskStatus;
use App\Support\Auth;

/** Expenses, products, projects, tasks and documents. */
trait ExpenseResources
{
    protected function getExpenses(): array
    {
        $expenses = Expense::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get expenses => ' . count($expenses));

        return array_map(function (Expense $expense) {
            return Fields::of($expense, '
                id company_id user_id amount bank_id client_id custom_value1 custom_value2 custom_value3 custom_value4
                exchange_rate category_id=expense_category_id currency_id=expense_currency_id date=expense_date
                foreign_amount invoice_currency_id invoice_documents invoice_id payment_date payment_type_id
                private_notes public_notes recurring_expense_id should_be_invoiced tax_name1 tax_name2 tax_name3
                tax_rate1 tax_rate2 tax_rate3 transaction_id transaction_reference vendor_id is_deleted created_at
                updated_at deleted_at', [
                'company_id' => $this->account->id,
                'custom_value3' => '',
                'custom_value4' => '',
                'foreign_amount' => 0,
                'payment_type_id' => Codes::paymentType($expense->payment_type_id),
                'tax_name3' => '',
                'tax_rate3' => 0,
            ]);
        }, $expenses);
    }

    protected function getRecurringExpenses(): array
    {
        $expenses = RecurringExpense::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get recurring Expenses => ' . count($expenses));

        return array_map(function (RecurringExpense $expense) {
            $next = $expense->getNextSendDate();

            return Fields::of($expense, '
                id amount company_id client_id user_id custom_value1 custom_value2 custom_value3 custom_value4
                category_id=expense_category_id currency_id=expense_currency_id frequency_id invoice_currency_id
                private_notes public_notes should_be_invoiced tax_name1 tax_name2 tax_name3 tax_rate1 tax_rate2
                tax_rate3 vendor_id is_deleted next_send_date remaining_cycles created_at updated_at deleted_at', [
                'company_id' => $this->account->id,
                'custom_value1' => '',
                'custom_value2' => '',
                'custom_value3' => '',
                'custom_value4' => '',
                'frequency_id' => Codes::frequency($expense->frequency_id),
                'tax_name3' => '',
                'tax_rate3' => 0,
                'next_send_date' => $next ? $next->format('Y-m-d') : null,
                'remaining_cycles' => $this->getRemainingCycles($expense),
            ]);
        }, $expenses);
    }

    protected function getExpenseCategories(): array
    {
        $categories = ExpenseCategory::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get expense categories => ' . count($categories));

        return array_map(function (ExpenseCategory $category) {
            return Fields::of($category, 'name? company_id id user_id is_deleted created_at updated_at deleted_at', [
                'company_id' => $this->account->id,
            ]);
        }, $categories);
    }

    protected function getProducts(): array
    {
        $products = Product::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get products ' . count($products));

        return array_map(function (Product $product) {
            return Fields::of($product, '
                company_id=account_id user_id custom_value1? custom_value2? product_key? notes? price=cost?0 cost?0
                quantity=qty?0 tax_name1 tax_name2 tax_rate1 tax_rate2 created_at updated_at deleted_at');
        }, $products);
    }

    protected function getProjects(): array
    {
        $projects = Project::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get projects => ' . json_encode(array_map(function (Project $project) {
            return $project->toArray();
        }, $projects)));

        return array_map(function (Project $project) {
            return Fields::of($project, '
                id company_id client_id custom_value1 custom_value2 custom_value3 custom_value4 budgeted_hours due_date
                name private_notes public_notes task_rate user_id is_deleted created_at updated_at deleted_at', [
                'company_id' => $this->account->id,
                'public_notes' => '',
            ]);
        }, $projects);
    }

    protected function getTasks(): array
    {
        $tasks = Task::query()->where('account_id = ?', $this->account->id)->withTrashed()->get();
        info('get tasks => ' . count($tasks));

        return array_map(function (Task $task) {
            return Fields::of($task, '
                id company_id client_id custom_value1 custom_value2 custom_value3 custom_value4 description invoice_id
                is_running project_id status_id=task_status_id status_order=task_status_sort_order time_log user_id
                is_deleted created_at updated_at deleted_at', ['company_id' => $this->account->id]);
        }, $tasks);
    }

    /** An account without task statuses gets V4's four. */
    protected function getTaskStatuses(): array
    {
        $query = TaskStatus::query()->where('account_id = ?', $this->account->id)->withTrashed();
        $statuses = $query->get();
        info('get task statuses => ' . count($statuses));
        if (! $statuses) {
            foreach (['backlog', 'ready_to_do', 'in_progress', 'done'] as $order => $name) {
                TaskStatus::createFor(Auth::user(), ['name' => trans("texts.{$name}"), 'sort_order' => $order]);
            }
            $statuses = $query->get();
        }

        return array_map(function (TaskStatus $status) {
            return Fields::of($status, '
                name? id company_id user_id status_order=sort_order is_deleted created_at updated_at deleted_at', [
                'company_id' => $this->account->id,
                'is_deleted' => false,
            ]);
        }, $statuses);
    }

    /** The files stay in V4: V5 fetches each from its url. */
    protected function getDocuments(): array
    {
        $documents = Document::query()->where('account_id = ?', $this->account->id)->get();
        info('get documents => ' . count($documents));

        return array_map(function (Document $document) {
            return Fields::of($document, '
                id user_id company_id invoice_id expense_id path preview name type disk hash size width height
                created_at updated_at url', [
                'company_id' => $this->account->id,
                'url' => url("/api/v1/documents/{$document->public_id}"),
            ]);
        }, $documents);
    }
}
