<?php

namespace App\Repositories\Migration;

use App\Jobs\Util\Import;
use App\Models\Documents;
use App\Models\Record;
use Exception;
use RuntimeException;

/**
 * Fetches attachments from V4. Those of invoices and quotes are looked up and then forgotten, so only those of expenses arrive; a
 * download that fails is passed over in silence.
 */
class DocumentImporter
{
    public function __construct(private readonly Import $import)
    {
    }

    public function documents(array $rows): void
    {
        foreach ($rows as $row) {
            Import::requireRow('documents', $row);
            foreach (['invoice_id' => 'invoices', 'expense_id' => 'expenses'] as $column => $resource) {
                if (($row[$column] ?? null) && ! $this->import->knows($resource)) {
                    return;
                }
            }
            if ($row['invoice_id'] ?? null) {
                $this->lookForInvoice($row['invoice_id']);
            }
            if (! ($row['expense_id'] ?? null)) {
                continue;
            }
            $expense = Record::find('expenses', $this->import->reference('expenses', $row, 'expense_id'));
            [$url, $name] = [$row['url'], $row['name']];
            $file = sys_get_temp_dir() . '/' . $name;
            try {
                file_put_contents($file, $this->download($url));
                Documents::attach($expense, $this->import->company, $this->import->user, $file, $name);
            } catch (Exception) {
                continue;
            }
        }
    }

    private function lookForInvoice(mixed $old): void
    {
        if ($this->import->tryTransformingId('invoices', $old) === null) {
            nlog("i couldn't find the invoice document {$old}, perhaps it is a quote?");
            nlog("Missing resource key: invoices_{$old}");
        }
    }

    /** @throws RuntimeException when V4 cannot be reached or answers with an error */
    private function download(string $url): string
    {
        $curl = curl_init($url);
        curl_setopt_array($curl, [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => true,
            CURLOPT_HTTPHEADER => ["X-Ninja-Token: {$this->import->token}"],
        ]);
        $body = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($body === false || $status >= 400) {
            throw new RuntimeException("{$url}: " . ($body === false ? curl_error($curl) : "status {$status}"));
        }
        return $body;
    }
}
