<?php
// database: one connection with the application's own settings, one READ ONLY transaction, and no statement longer
// than 5 seconds. A database may be large: whole tables are counted only where the server says that they are small.

/** The section: connects, and runs the parts, each of which may fail alone. */
function probe_database($probe) {
    $settings = probe_database_settings($probe);
    $error = probe_open_database($probe, $settings);
    probe_set('database/reachable', $error === null);
    if ($error !== null) {
        probe_set('database/error', $error, true);
        foreach (['time/database_offset_seconds', 'database'] as $path) {
            probe_missing($path, "the database does not answer ({$error['code']})");
        }
        return;
    }
    $parts = [
        'server' => 'probe_database_server', 'tables' => 'probe_database_tables', 'migrations' => 'probe_migrations',
        'jobs' => 'probe_jobs', 'failed_jobs' => 'probe_failed_jobs',
    ];
    $own = [
        'v4' => ['accounts' => 'probe_v4_accounts', 'users' => 'probe_v4_users', 'documents' => 'probe_v4_documents',
            'v4' => 'probe_v4_invoices'],
        'v5' => ['accounts' => 'probe_v5_accounts', 'companies' => 'probe_v5_companies', 'users' => 'probe_v5_users',
            'documents' => 'probe_v5_documents', 'import_connection' => 'probe_v5_import_connection'],
    ];
    $probe->columns = null;
    foreach ($parts + $own[$probe->kind] as $name => $function) {
        try {
            if (microtime(true) > $probe->deadline) { throw new RuntimeException("the probe's time was over"); }
            // Without the list, a column that was not seen would count as one that this version does not have.
            if ($probe->columns === null && !in_array($name, ['server', 'tables'], true)) {
                throw new RuntimeException('the database did not list its tables');
            }
            $function($probe, $settings);
        } catch (Throwable $error) {
            probe_missing("database/$name", probe_why($probe, $error));
        }
    }
    $probe->pdo->exec('ROLLBACK');
}

/** The connection as config/database.php gives it to Laravel. */
function probe_database_settings($probe) {
    list($path, , $host) = probe_connection_path($probe);
    $name = (string) $probe->default_connection;
    $driver = $name === 'mysql' || strpos($name, 'db-ninja-') === 0 ? 'mysql' : $name;
    $settings = ['driver' => (string) probe_setting($probe, "$path.driver", $driver)];
    foreach (['host' => $host, 'port' => '', 'unix_socket' => '', 'database' => '', 'username' => '', 'password' => '',
        'options' => []] as $key => $default) {
        $settings[$key] = probe_setting($probe, "$path.$key", $default);
    }
    if (is_array($settings['host'])) { $settings['host'] = (string) reset($settings['host']); }
    return $settings;
}

/** Sets $probe->pdo, and returns null; or {code, text} of what is wrong. */
function probe_open_database($probe, array $settings) {
    if ($settings['driver'] !== 'mysql' && $settings['driver'] !== 'mariadb') {
        return ['code' => 'config', 'text' => "the database is of the kind {$settings['driver']}, not MySQL or MariaDB"];
    }
    if (!extension_loaded('pdo_mysql')) {
        $version = PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        return ['code' => 'no-driver', 'text' => "PHP $version has no pdo_mysql"];
    }
    try {
        $probe->pdo = probe_pdo($settings);
    } catch (PDOException $error) {
        return probe_connection_error($probe, $error);
    }
    // MariaDB's name for a statement's limit is in seconds, MySQL's in milliseconds.
    $mariadb = stripos((string) $probe->pdo->getAttribute(PDO::ATTR_SERVER_VERSION), 'mariadb') !== false;
    $limit = $mariadb ? 'max_statement_time=5' : 'max_execution_time=5000';
    foreach ([$limit, 'lock_wait_timeout=5', 'innodb_lock_wait_timeout=5'] as $limit) {
        try { $probe->pdo->exec("SET SESSION $limit"); } catch (PDOException $error) { continue; }
    }
    $probe->pdo->exec('START TRANSACTION READ ONLY');
    return null;
}

function probe_pdo(array $settings) {
    $place = $settings['unix_socket'] ? "unix_socket={$settings['unix_socket']}"
        : "host={$settings['host']}" . ($settings['port'] ? ";port={$settings['port']}" : '');
    return new PDO("mysql:$place;dbname={$settings['database']};charset=utf8mb4", (string) $settings['username'],
        (string) $settings['password'], [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 3, PDO::ATTR_EMULATE_PREPARES => false,
        ] + (array) $settings['options']);
}

function probe_connection_error($probe, $error) {
    $text = probe_hide($probe, $error->getMessage());
    $codes = [
        'access-denied' => '/\[(1044|1045|1130|1251|1698|1820|2054|2059|4151)\]/', 'unknown-database' => '/\[1049\]/',
        'timeout' => '/timed? ?out/i',
    ];
    foreach ($codes as $code => $pattern) {
        if (preg_match($pattern, $text)) { return ['code' => $code, 'text' => $text]; }
    }
    return ['code' => 'down', 'text' => $text];
}

/** All rows of one SELECT. The requests over HTTP move on meanwhile. */
function probe_rows($probe, $sql, array $values = []) {
    $statement = $probe->pdo->prepare($sql);
    $statement->execute($values);
    $rows = $statement->fetchAll(PDO::FETCH_ASSOC);
    probe_pump($probe);
    return $rows;
}

function probe_database_server($probe, array $settings) {
    $before = microtime(true);
    $row = probe_rows($probe, 'SELECT UNIX_TIMESTAMP(NOW(6)) AS now, VERSION() AS version, @@version_comment AS comment,
        @@max_allowed_packet AS packet, @@GLOBAL.sql_mode AS mode')[0];
    probe_set('time/database_offset_seconds', (int) round($row['now'] - ($before + microtime(true)) / 2));
    // Before MariaDB 11 the version may begin with a 5.5.5- that is not meant.
    preg_match('/^(?:5\.5\.5-)?((\d+)\.(\d+)\.(\d+))/', $row['version'], $match);
    $mode = probe_setting($probe, probe_connection_path($probe)[0] . '.strict');
    probe_set('database/server', $row['version']);
    $mariadb = stripos($row['version'] . $row['comment'], 'mariadb') !== false;
    probe_set('database/flavour', $mariadb ? 'mariadb' : 'mysql');
    probe_set('database/version_id', $match ? $match[2] * 10000 + $match[3] * 100 + $match[4] : null);
    probe_set('database/max_allowed_packet', (int) $row['packet']);
    probe_set('database/sql_mode', $row['mode']);
    // Laravel sets the mode of its own connection by `strict`, true or false; without it the server's stays.
    probe_set('database/strict', $mode === null ? strpos($row['mode'], 'STRICT_') !== false : (bool) $mode);
}

/** Also gives $probe->tables (name => about how many rows) and $probe->columns (table => names) to the other parts. */
function probe_database_tables($probe) {
    $bytes = 0;
    $other = [];
    $probe->tables = [];
    foreach (probe_rows($probe, "SELECT TABLE_NAME AS name, ENGINE AS engine, TABLE_ROWS AS number,
        TABLE_COLLATION AS collation, COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0) AS bytes FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'") as $row) {
        $probe->tables[$row['name']] = (int) $row['number'];
        $bytes += (int) $row['bytes'];
        if (strcasecmp((string) $row['engine'], 'InnoDB')) { $other[] = $row['name']; }
        // What counts is what the application's tables hold; the database's own is only what new ones would get.
        if ($row['name'] === 'invoices') { probe_set('database/charset', strtok((string) $row['collation'], '_')); }
    }
    $columns = [];
    foreach (probe_rows($probe, "SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('accounts', 'account_email_settings', 'companies', 'users',
        'documents', 'invoices', 'jobs', 'failed_jobs', 'migrations')") as $row) {
        $columns[$row['t']][] = $row['c'];
    }
    $probe->columns = $columns;
    $schema = 'other';
    if (!$probe->tables) { $schema = 'empty'; }
    elseif (probe_column($probe, 'companies', 'company_key')) { $schema = 'v5'; }
    elseif (probe_column($probe, 'accounts', 'account_key')) { $schema = 'v4'; }
    probe_set('database/schema', $schema);
    probe_set('database/bytes', $bytes);
    probe_set('database/tables', count($probe->tables));
    probe_list('database/not_innodb', array_slice($other, 0, 20));
}

function probe_column($probe, $table, $column) {
    return isset($probe->columns[$table]) && in_array($column, $probe->columns[$table], true);
}

/** The column, or another expression where this version of the application does not have it yet. */
function probe_column_or($probe, $table, $column, $else) {
    return probe_column($probe, $table, $column) ? "`$table`.`$column`" : $else;
}

function probe_need_table($probe, $table) {
    if (!isset($probe->tables[$table])) { throw new RuntimeException("there is no table $table"); }
}

/** A whole index is read only where the server holds the table for smaller than this. */
function probe_need_small($probe, $table, $rows = 1000000) {
    probe_need_table($probe, $table);
    if ($probe->tables[$table] > $rows) { throw new RuntimeException("the table $table is too large to be counted"); }
}

/** Seconds since 1970 of a time as the application writes it: by its own clock's zone, whatever the database's is. */
function probe_time($probe, $text) {
    if ((string) $text === '' || strpos($text, '0000-') === 0) { return null; }
    try {
        $zone = new DateTimeZone((string) probe_setting($probe, 'app.timezone', 'UTC') ?: 'UTC');
    } catch (Exception $error) {
        $zone = new DateTimeZone('UTC');
    }
    return (new DateTime($text, $zone))->getTimestamp();
}

function probe_age($probe, $text) {
    $time = probe_time($probe, $text);
    return $time === null ? null : time() - $time;
}
