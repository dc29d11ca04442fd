<?php
// What only V5's database tells. Tables and columns: database/schema/mysql-schema.sql of 5.10.17.

function probe_v5_accounts($probe) {
    probe_need_table($probe, 'accounts');
    $accounts = [];
    $running = false;
    $flag = probe_column_or($probe, 'accounts', 'is_scheduler_running', 'NULL');
    foreach (probe_rows($probe, "SELECT id, $flag AS running,
        (SELECT COUNT(*) FROM companies WHERE companies.account_id = accounts.id) AS companies
        FROM accounts ORDER BY id LIMIT 100") as $row) {
        $running = $running || $row['running'];
        $accounts[] = ['id' => (int) $row['id'], 'companies' => (int) $row['companies'],
            'scheduler_running' => (bool) $row['running']];
    }
    probe_list('database/accounts', $accounts);
    probe_set('cron/heartbeat/flag', $running);
}

/** A company is imported where its first client has the entry that V5's import makes for every client. */
function probe_v5_companies($probe) {
    probe_need_table($probe, 'companies');
    $counts = ['clients' => null, 'invoices' => null];
    foreach ($counts as $table => $none) {
        try {
            probe_need_small($probe, $table);
            $counts[$table] = array_column(probe_rows($probe, "SELECT company_id AS id, COUNT(*) AS number FROM $table
                GROUP BY company_id"), 'number', 'id');
        } catch (RuntimeException $error) {
            probe_missing("database/companies/$table", $error->getMessage());
        }
    }
    $companies = [];
    $probe->company_keys = [];
    $ours = $probe->company_key;
    $some = function ($table) { return "EXISTS (SELECT 1 FROM $table WHERE $table.company_id = companies.id)"; };
    foreach (probe_rows($probe, "SELECT companies.id, companies.account_id, company_key, is_disabled, settings,
        companies.created_at, accounts.default_company_id = companies.id AS main,
        NOT ({$some('clients')} OR {$some('invoices')} OR {$some('products')}) AS blank,
        EXISTS (SELECT 1 FROM company_ledgers WHERE notes = 'Migrated Client Balance' AND client_id =
            (SELECT MIN(clients.id) FROM clients WHERE clients.company_id = companies.id)) AS imported
        FROM companies LEFT JOIN accounts ON accounts.id = companies.account_id ORDER BY companies.id LIMIT 200") as $row) {
        $settings = json_decode($row['settings'], true);
        $name = isset($settings['name']) && is_string($settings['name']) ? $settings['name'] : '';
        $probe->company_keys[] = $row['company_key'];
        $count = function ($table) use ($counts, $row) {
            if ($counts[$table] === null) { return null; }
            return isset($counts[$table][$row['id']]) ? (int) $counts[$table][$row['id']] : 0;
        };
        $companies[] = [
            'id' => (int) $row['id'], 'account_id' => (int) $row['account_id'],
            'key' => probe_pseudonym('key', $row['company_key']), 'name' => probe_pseudonym('name', $name),
            'blank' => (bool) $row['blank'], 'disabled' => (bool) $row['is_disabled'], 'default' => (bool) $row['main'],
            'age_seconds' => probe_age($probe, $row['created_at']),
            'invoices' => $count('invoices'), 'clients' => $count('clients'),
            'imported' => (bool) $row['imported'] || ($ours !== '' && $row['company_key'] === $ours),
        ];
    }
    probe_list('database/companies', $companies);
}

/** Of users that are not deleted. */
function probe_v5_users($probe) {
    probe_need_small($probe, 'users');
    $row = probe_rows($probe, "SELECT COUNT(*) AS number, SUM(COALESCE(google_2fa_secret, '') <> '') AS two_factor,
        SUM(NOT EXISTS (SELECT 1 FROM company_user WHERE company_user.user_id = users.id)) AS without_company
        FROM users WHERE deleted_at IS NULL AND is_deleted = 0")[0];
    probe_set('database/users', ['count' => (int) $row['number'], 'two_factor' => (int) $row['two_factor'],
        'without_company' => (int) $row['without_company']]);
}

function probe_v5_documents($probe) {
    probe_need_small($probe, 'documents');
    $kinds = [];
    foreach (probe_rows($probe, 'SELECT documentable_type AS kind, COUNT(*) AS number FROM documents
        WHERE deleted_at IS NULL GROUP BY documentable_type') as $row) {
        // `invoices` is the name of an invoice in V5's map of names; the others are classes.
        $kind = $row['kind'] === 'invoices' ? 'invoice' : strtolower(preg_replace('/^.*\\\\/', '', $row['kind']));
        $kinds[$kind] = (isset($kinds[$kind]) ? $kinds[$kind] : 0) + $row['number'];
    }
    $roots = [
        'public' => probe_setting($probe, 'filesystems.disks.public.root', "$probe->root/public/storage"),
        'local' => probe_setting($probe, 'filesystems.disks.local.root', "$probe->root/storage/app"),
    ];
    $files = [];
    foreach (probe_rows($probe, "SELECT disk, url FROM documents WHERE deleted_at IS NULL AND disk IN ('public', 'local')
        AND url <> '' ORDER BY id DESC LIMIT 200") as $row) {
        $files[] = $roots[$row['disk']] . '/' . ltrim($row['url'], '/');
    }
    probe_set('database/documents', ['count' => array_sum($kinds), 'by_kind' => (object) $kinds,
        'files_missing' => probe_files_missing($files)]);
}

/** The import opens connections that know no DB_SOCKET (db-ninja-01, -02): whether they would reach the database. */
function probe_v5_import_connection($probe, array $settings) {
    if (!$settings['unix_socket']) {
        probe_missing('database/import_connection', 'DB_SOCKET is not set, so it is the same connection');
        return;
    }
    $error = null;
    try {
        probe_pdo(['unix_socket' => ''] + $settings);
    } catch (PDOException $failed) {
        $error = probe_connection_error($probe, $failed);
    }
    probe_set('database/import_connection', ['reachable' => $error === null, 'error' => $error], true);
}
