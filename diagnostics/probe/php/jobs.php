<?php
// database/jobs, failed_jobs and migrations, which V4 and V5 have alike.

/** Migration files that have not run; as Laravel does, by the names in the table, which a loaded schema fills too. */
function probe_migrations($probe) {
    probe_need_table($probe, 'migrations');
    $ran = array_column(probe_rows($probe, 'SELECT migration FROM migrations LIMIT 5000'), 'migration');
    $found = probe_glob($probe->root, '/database/migrations/*_*.php');
    $files = array_map(function ($file) { return basename($file, '.php'); }, $found);
    if (!$files) { throw new RuntimeException('this user sees no files in database/migrations'); }
    $pending = array_values(array_diff($files, $ran));
    probe_set('database/migrations', [
        'ran' => count($ran), 'files' => count($files), 'pending' => array_slice($pending, 0, 20),
        'pending_count' => count($pending),
    ]);
}

/** SQL: the job's name as its payload has it, which is near the beginning. */
function probe_kind_sql() {
    return "SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING(payload, 1, 1000), '\"displayName\":\"', -1), '\"', 1)";
}

/** `App\Jobs\Util\StartMigration`; what is no name of a class is `unknown`. */
function probe_kind($name) {
    $name = stripslashes((string) $name);
    return preg_match('/^[A-Za-z_][\w\\\\]*$/', $name) ? $name : 'unknown';
}

function probe_jobs($probe) {
    probe_need_table($probe, 'jobs');
    $now = time();
    $due = "reserved_at IS NULL AND available_at <= $now";
    $row = probe_rows($probe, "SELECT COUNT(*) AS number, SUM($due) AS waiting,
        MIN(CASE WHEN $due THEN available_at END) AS oldest, COUNT(reserved_at) AS reserved, MIN(reserved_at) AS since
        FROM jobs")[0];
    $kinds = [];
    $queues = [];
    $migration = [];
    // Every payload would be read: of a long queue its newest jobs stand for all.
    $kind = probe_kind_sql();
    foreach (probe_rows($probe, "SELECT kind, queue, COUNT(*) AS number FROM (SELECT $kind AS kind, queue
        FROM jobs ORDER BY id DESC LIMIT 20000) AS newest GROUP BY kind, queue") as $each) {
        $kind = probe_kind($each['kind']);
        $kinds[$kind] = (isset($kinds[$kind]) ? $kinds[$kind] : 0) + $each['number'];
        $queues[$each['queue']] = (isset($queues[$each['queue']]) ? $queues[$each['queue']] : 0) + $each['number'];
    }
    foreach (probe_rows($probe, "SELECT id, queue, created_at, reserved_at, attempts FROM (SELECT id, queue, created_at,
        reserved_at, attempts, SUBSTRING(payload, 1, 1000) AS head FROM jobs ORDER BY id DESC LIMIT 20000) AS newest
        WHERE head LIKE '%StartMigration%' ORDER BY id LIMIT 20") as $each) {
        $migration[] = [
            'id' => (int) $each['id'], 'queue' => $each['queue'], 'age_seconds' => $now - $each['created_at'],
            'reserved_seconds' => $each['reserved_at'] === null ? null : $now - $each['reserved_at'],
            'attempts' => (int) $each['attempts'],
        ];
    }
    probe_set('database/jobs', [
        'count' => (int) $row['number'], 'waiting' => (int) $row['waiting'],
        'oldest_waiting_seconds' => $row['oldest'] === null ? null : $now - $row['oldest'],
        'reserved' => (int) $row['reserved'],
        'oldest_reserved_seconds' => $row['since'] === null ? null : $now - $row['since'],
        'by_kind' => (object) $kinds, 'queues' => (object) $queues, 'migration' => $migration,
    ]);
    if (probe_setting($probe, 'queue.default') === 'database') {
        $mails = 0;
        foreach ($kinds as $name => $number) {
            $mails += preg_match('/\\\\(Mail|\w*Email\w*)(\\\\|$)/', $name) ? $number : 0;
        }
        probe_set('mail/queued', $mails);
    }
}

function probe_failed_jobs($probe) {
    probe_need_table($probe, 'failed_jobs');
    $kind = probe_kind_sql();
    $count = (int) probe_rows($probe, 'SELECT COUNT(*) AS number FROM failed_jobs')[0]['number'];
    $latest = [];
    foreach (probe_rows($probe, "SELECT id, $kind AS kind, failed_at, SUBSTRING(exception, 1, 2000) AS exception
        FROM failed_jobs ORDER BY id DESC LIMIT 5") as $row) {
        $latest[] = [
            'id' => (int) $row['id'], 'kind' => probe_kind($row['kind']),
            'age_seconds' => probe_age($probe, $row['failed_at']),
            'exception' => trim(strtok($row['exception'], "\n")),
        ];
    }
    $kinds = [];
    foreach (probe_rows($probe, "SELECT kind, COUNT(*) AS number FROM (SELECT $kind AS kind FROM failed_jobs
        ORDER BY id DESC LIMIT 5000) AS newest GROUP BY kind") as $row) {
        $name = probe_kind($row['kind']);
        $kinds[$name] = (isset($kinds[$name]) ? $kinds[$name] : 0) + $row['number'];
    }
    probe_set('database/failed_jobs/count', $count);
    probe_set('database/failed_jobs/last_seconds', $latest ? $latest[0]['age_seconds'] : null);
    probe_set('database/failed_jobs/by_kind', (object) $kinds);
    probe_list('database/failed_jobs/latest', $latest, true);
}
