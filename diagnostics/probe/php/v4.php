<?php
// What only V4's database tells. Columns: database/migrations of 4.5.50; an older V4 lacks the newest.

function probe_v4_accounts($probe) {
    probe_need_table($probe, 'accounts');
    $settings = isset($probe->tables['account_email_settings']);
    $url = probe_column_or($probe, 'account_email_settings', 'forward_url_for_v5', "''");
    $disabled = probe_column_or($probe, 'account_email_settings', 'is_disabled', '0');
    $join = $settings ? 'LEFT JOIN account_email_settings ON account_email_settings.account_id = accounts.id' : '';
    $accounts = [];
    $probe->forward_url = '';
    $records = probe_v4_records($probe);
    foreach (probe_rows($probe, "SELECT accounts.id, account_key, accounts.created_at, $url AS url, $disabled AS disabled,
        (SELECT MIN(email) FROM users WHERE users.account_id = accounts.id AND users.deleted_at IS NULL
            AND (users.public_id = 0 OR users.public_id IS NULL)) AS owner
        FROM accounts $join ORDER BY accounts.id LIMIT 200") as $row) {
        $forward = probe_without_login(trim((string) $row['url']));
        if (preg_match('~^https?://~i', $forward) && $probe->forward_url === '') { $probe->forward_url = $forward; }
        $accounts[] = ['id' => (int) $row['id'], 'key' => probe_pseudonym('key', $row['account_key']),
            'owner' => probe_pseudonym('email', $row['owner']),
            'forward_url' => $forward, 'disabled' => (bool) $row['disabled'],
            'created_age_seconds' => probe_age($probe, $row['created_at']),
            'records' => (object) array_map(function ($counts) use ($row) {
                return isset($counts[$row['id']]) ? (int) $counts[$row['id']] : 0;
            }, $records)];
    }
    probe_list('database/accounts', $accounts);
}

/** Kind => account's id => how many its export would have, of the kinds that tell how long an import takes. */
function probe_v4_records($probe) {
    $found = [];
    // As V4's exporter chooses them; migration/counts.py has the same, for one account.
    foreach (['clients' => ['clients', '1 = 1'], 'products' => ['products', '1 = 1'],
        'invoices' => ['invoices', 'invoice_type_id = 1 AND is_recurring = 0'],
        'quotes' => ['invoices', 'invoice_type_id = 2'], 'payments' => ['payments', 'payment_status_id <> 2'],
        'expenses' => ['expenses', '1 = 1'], 'tasks' => ['tasks', '1 = 1']] as $kind => list($table, $condition)) {
        try {
            probe_need_small($probe, $table);
            $found[$kind] = array_column(probe_rows($probe, "SELECT account_id AS id, COUNT(*) AS number FROM $table
                WHERE $condition GROUP BY account_id"), 'number', 'id');
        } catch (Exception $error) {
            probe_missing("database/accounts/records/$kind", probe_why($probe, $error));
        }
    }
    return $found;
}

/** Of users that are not deleted. */
function probe_v4_users($probe) {
    probe_need_small($probe, 'users');
    $row = probe_rows($probe, "SELECT COUNT(*) AS number, SUM(COALESCE(email, '') = '') AS without,
        SUM(COALESCE(email, '') <> '' AND username <> email) AS other FROM users WHERE deleted_at IS NULL")[0];
    probe_set('database/users', ['count' => (int) $row['number'], 'without_email' => (int) $row['without'],
        'username_not_email' => (int) $row['other']]);
}

function probe_v4_documents($probe) {
    probe_need_small($probe, 'documents');
    $row = probe_rows($probe, 'SELECT COUNT(*) AS number, COUNT(invoice_id) AS invoice, COUNT(expense_id) AS expense
        FROM documents')[0];
    $kinds = array_filter(['invoice' => (int) $row['invoice'], 'expense' => (int) $row['expense'],
        'other' => $row['number'] - $row['invoice'] - $row['expense']], function ($number) { return $number > 0; });
    $root = probe_setting($probe, 'filesystems.disks.documents.root', "$probe->root/storage/documents");
    $files = [];
    foreach (probe_rows($probe, "SELECT path FROM documents WHERE disk = 'documents' AND path <> ''
        ORDER BY id DESC LIMIT 200") as $document) {
        $files[] = "$root/" . ltrim($document['path'], '/');
    }
    probe_set('database/documents', ['count' => (int) $row['number'], 'by_kind' => (object) $kinds,
        'files_missing' => probe_files_missing($files)]);
}

/**
 * What a V4 that is left running would still do. recurring_due: recurring invoices that `ninja:send-invoices` would
 * make an invoice of now (App\Models\Traits\HasRecurrence, to the day), of accounts that are not disabled.
 */
function probe_v4_invoices($probe) {
    $without = isset($probe->tables['account_email_settings'])
        ? 'SELECT COUNT(*) AS number FROM accounts LEFT JOIN account_email_settings AS settings
            ON settings.account_id = accounts.id WHERE settings.id IS NULL' : 'SELECT COUNT(*) AS number FROM accounts';
    probe_set('database/v4/email_settings_missing', (int) probe_rows($probe, $without)[0]['number']);
    $last = probe_rows($probe, 'SELECT created_at FROM invoices WHERE is_recurring = 0 ORDER BY id DESC LIMIT 1');
    probe_set('database/v4/last_invoice_age_seconds', $last ? probe_age($probe, $last[0]['created_at']) : null);
    if ($probe->tables['invoices'] > 200000) {
        probe_missing('database/v4/recurring_due', 'the table invoices is too large to be searched');
        return;
    }
    $public = probe_column_or($probe, 'invoices', 'is_public', '1');
    $enabled = probe_column($probe, 'account_email_settings', 'is_disabled')
        ? 'AND NOT EXISTS (SELECT 1 FROM account_email_settings AS settings
            WHERE settings.account_id = invoices.account_id AND settings.is_disabled = 1)' : '';
    $due = 0;
    foreach (probe_rows($probe, "SELECT frequency_id, last_sent_date FROM invoices WHERE is_recurring = 1 AND $public = 1
        AND is_deleted = 0 AND deleted_at IS NULL AND frequency_id > 0 AND start_date <= CURRENT_DATE
        AND (end_date IS NULL OR end_date >= CURRENT_DATE) $enabled LIMIT 5000") as $row) {
        $due += probe_v4_due((int) $row['frequency_id'], $row['last_sent_date']);
    }
    probe_set('database/v4/recurring_due', $due);
}

/** Whether the next date after the last one is here. The numbers are FREQUENCY_… in app/Constants.php. */
function probe_v4_due($frequency, $last) {
    if ((string) $last === '' || strpos($last, '0000-') === 0) { return true; }
    $steps = [1 => '1 week', 2 => '2 weeks', 3 => '4 weeks', 4 => '1 month', 5 => '2 months', 6 => '3 months',
        7 => '4 months', 8 => '6 months', 9 => '1 year', 10 => '2 years'];
    return isset($steps[$frequency]) && strtotime("$last +{$steps[$frequency]}") <= time();
}
