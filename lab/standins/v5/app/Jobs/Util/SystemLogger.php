<?php

namespace App\Jobs\Util;

use App\Models\Record;
use Illuminate\Queue\Queueable;

/** Keeps a line in the system log of a company. */
class SystemLogger extends Queueable
{
    public function __construct(
        protected string $log,
        protected int $category_id,
        protected int $event_id,
        protected int $type_id,
        protected Record $company,
    ) {
    }

    public function handle(): void
    {
        (new Record('system_logs', [
            'company_id' => $this->company->id,
            'user_id' => null,
            'client_id' => null,
            'category_id' => $this->category_id,
            'event_id' => $this->event_id,
            'type_id' => $this->type_id,
            'log' => $this->log,
        ]))->save();
    }
}
