<?php
// The application's cache, read only: V5's marks of imports, and the lock under which its scheduler runs a worker.

/** A value by its key, as it is stored (serialized), with its end: [value or null, seconds since 1970 or null]. */
function probe_cache_get($probe, $key, $lock = false) {
    $store = (string) probe_setting($probe, 'cache.default', 'file');
    if ($store === 'file') {
        $folder = probe_setting($probe, 'cache.stores.file.path', "$probe->root/storage/framework/cache/data");
        $hash = sha1($key);
        $file = $folder . '/' . substr($hash, 0, 2) . '/' . substr($hash, 2, 2) . "/$hash";
        $content = @file_get_contents($file);
        if ($content === false) {
            probe_need_entry($file);
            if (file_exists($file)) { throw new RuntimeException('this user cannot read the files of the cache'); }
            return [null, null];
        }
        return [substr($content, 10), (int) substr($content, 0, 10)];
    }
    $key = ($store === 'redis' ? probe_setting($probe, 'database.redis.options.prefix', '') : '')
        . probe_cache_prefix($probe) . $key;
    if ($store === 'database') {
        if (!isset($probe->pdo)) { throw new RuntimeException('the cache is in the database, which cannot be asked'); }
        $table = probe_setting($probe, 'cache.stores.database.table', 'cache');
        $from = $lock ? "`{$table}_locks`" : "`$table`";
        $column = $lock ? 'owner' : 'value';
        $rows = probe_rows($probe, "SELECT `$column` AS v, expiration AS e FROM $from WHERE `key` = ?", [$key]);
        return $rows ? [$rows[0]['v'], (int) $rows[0]['e']] : [null, null];
    }
    if ($store === 'redis') {
        if (!isset($probe->redis_cache)) { $probe->redis_cache = probe_redis($probe, 'cache'); }
        $value = probe_redis_ask($probe->redis_cache, ['GET', $key]);
        if ($value === null) { return [null, null]; }
        $left = (int) probe_redis_ask($probe->redis_cache, ['TTL', $key]);
        return [$value, $left < 0 ? 9999999999 : time() + $left];
    }
    throw new RuntimeException("the cache '$store' cannot be asked from here");
}

/** Laravel's: CACHE_PREFIX, or what it makes of APP_NAME. */
function probe_cache_prefix($probe) {
    if ($probe->cache !== null) { return (string) probe_dig($probe->cache, 'cache.prefix'); }
    $name = strtolower((string) probe_from_env($probe, ['APP_NAME'], 'laravel'));
    $slug = trim(preg_replace('/[\s_-]+/', '_', preg_replace('/[^\pL\pN\s_-]+/u', '', $name)), '_');
    return (string) probe_from_env($probe, ['CACHE_PREFIX'], "{$slug}_cache_");
}

/** The section: `migration-KEY` for every company, every export that lies here, and the key of the caller. */
function probe_migration_cache($probe) {
    if ($probe->kind !== 'v5') { return; }
    $keys = isset($probe->company_keys) ? $probe->company_keys : [];
    if ($probe->company_key !== '') { $keys[] = $probe->company_key; }
    foreach (probe_glob($probe->root, '/public/storage/migrations/*') as $export) {
        if (preg_match('/^([A-Za-z0-9]{20,})-\d{4}-/', basename($export), $match)) { $keys[] = $match[1]; }
    }
    $marks = [];
    foreach (array_unique($keys) as $key) {
        list($value, $end) = probe_cache_get($probe, "migration-$key");
        $state = $value === null || $end <= time() ? null : @unserialize($value, ['allowed_classes' => false]);
        if (is_string($state)) { $marks[] = ['key' => probe_pseudonym('key', $key), 'state' => $state]; }
    }
    probe_list('migration/cache', $marks);
}

/**
 * The section: since when the schedule holds its lock on `queue:work` (App\Console\Kernel of V5, and Laravel's
 * CacheEventMutex, which holds it for a day). The name has the PHP in it that runs the schedule.
 */
function probe_mutex($probe) {
    if ($probe->kind !== 'v5') { return; }
    $seconds = 86400;
    $binaries = [PHP_BINARY => 1];
    foreach (['/usr/bin/php*', '/usr/local/bin/php*', '/opt/*/php*/root/usr/bin/php'] as $pattern) {
        foreach (probe_glob('', $pattern) as $path) {
            $real = realpath($path);
            if ($real && preg_match('~/php[\d.]*$~', $real)) { $binaries[$real] = 1; }
        }
    }
    $age = null;
    foreach (array_keys($binaries) as $binary) {
        $command = "'$binary' 'artisan' queue:work database --stop-when-empty --memory=256";
        $name = 'framework' . DIRECTORY_SEPARATOR . 'schedule-' . sha1('* * * * *' . $command);
        list($value, $end) = probe_cache_get($probe, $name, true);
        if ($value !== null && $end > time()) { $age = max((int) $age, $seconds - ($end - time()), 0); }
    }
    if ($age === null) { probe_missing('queue/mutex_age_seconds', 'the schedule holds no lock on its worker'); }
    else { probe_set('queue/mutex_age_seconds', $age); }
}
