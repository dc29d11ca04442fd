<?php
// The configuration in effect: bootstrap/cache/config.php where it exists, for then the application never reads .env;
// otherwise .env with the application's defaults. Names and defaults are those of config/*.php in V4 4.5.50 and
// V5 5.10.17.

/** Configuration key => [name in the facts, names in .env (the first that is set wins), default]. */
function probe_listed_settings($probe, $connection) {
    list($path, $number, $host) = $connection;
    $database = [
        "$path.host" => ['DB_HOST', probe_numbered('DB_HOST', $number), $host],
        "$path.port" => ['DB_PORT', probe_numbered('DB_PORT', $number), '3306'],
        "$path.database" => ['DB_DATABASE', probe_numbered('DB_DATABASE', $number), 'forge'],
        "$path.strict" => ['DB_STRICT', ['DB_STRICT'], false],
        'app.env' => ['APP_ENV', ['APP_ENV'], 'production'],
        'cache.default' => ['CACHE_DRIVER', ['CACHE_DRIVER'], 'file'],
        'session.driver' => ['SESSION_DRIVER', ['SESSION_DRIVER'], 'file'],
    ];
    if ($probe->kind === 'v4') {
        return $database + [
            'app.debug' => ['APP_DEBUG', ['APP_DEBUG'], ''],
            'app.url' => ['APP_URL', ['APP_URL'], ''],
            'app.cipher' => ['APP_CIPHER', ['APP_CIPHER'], 'AES-256-CBC'],
            'database.default' => ['DB_TYPE', ['DB_TYPE'], 'mysql'],
            'logging.default' => ['LOG', ['LOG_CHANNEL', 'LOG'], 'stack'],
            'mail.driver' => ['MAIL_DRIVER', ['MAIL_DRIVER'], 'smtp'],
            'mail.host' => ['MAIL_HOST', ['MAIL_HOST'], 'smtp.mailgun.org'],
            'mail.port' => ['MAIL_PORT', ['MAIL_PORT'], 587],
            'mail.encryption' => ['MAIL_ENCRYPTION', ['MAIL_ENCRYPTION'], 'tls'],
            'queue.default' => ['QUEUE_CONNECTION', ['QUEUE_DRIVER'], 'sync'],
        ];
    }
    if ($path === 'database.connections.mysql') {
        $database["$path.unix_socket"] = ['DB_SOCKET', probe_numbered('DB_SOCKET', $number), ''];
    }
    return $database + [
        'app.debug' => ['APP_DEBUG', ['APP_DEBUG'], false],
        'app.url' => ['APP_URL', ['APP_URL'], 'http://localhost'],
        'app.cipher' => ['APP_CIPHER', [], 'AES-256-CBC'],
        'database.default' => ['DB_CONNECTION', ['DB_CONNECTION'], 'mysql'],
        'filesystems.default' => ['FILESYSTEM_DISK', ['FILESYSTEM_DISK'], 'public'],
        'logging.default' => ['LOG_CHANNEL', ['LOG_CHANNEL'], 'stack'],
        'logging.channels.single.level' => ['LOG_LEVEL', ['LOG_LEVEL'], 'debug'],
        'mail.default' => ['MAIL_MAILER', ['MAIL_MAILER'], 'smtp'],
        'mail.mailers.smtp.host' => ['MAIL_HOST', ['MAIL_HOST'], 'smtp.mailgun.org'],
        'mail.mailers.smtp.port' => ['MAIL_PORT', ['MAIL_PORT'], 587],
        'mail.mailers.smtp.encryption' => ['MAIL_ENCRYPTION', ['MAIL_ENCRYPTION'], 'tls'],
        'ninja.db.multi_db_enabled' => ['MULTI_DB_ENABLED', ['MULTI_DB_ENABLED'], false],
        'ninja.environment' => ['NINJA_ENVIRONMENT', ['NINJA_ENVIRONMENT'], 'selfhost'],
        'ninja.expanded_logging' => ['EXPANDED_LOGGING', ['EXPANDED_LOGGING'], false],
        'ninja.internal_queue_enabled' => ['INTERNAL_QUEUE_ENABLED', ['INTERNAL_QUEUE_ENABLED'], true],
        'ninja.is_docker' => ['IS_DOCKER', ['IS_DOCKER'], false],
        'ninja.pdf_generator' => ['PDF_GENERATOR', ['PDF_GENERATOR'], false],
        'ninja.require_https' => ['REQUIRE_HTTPS', ['REQUIRE_HTTPS'], true],
        'ninja.trusted_proxies' => ['TRUSTED_PROXIES', ['TRUSTED_PROXIES'], false],
        'queue.default' => ['QUEUE_CONNECTION', ['QUEUE_CONNECTION'], 'sync'],
    ];
}

/** Those that are used or compared here, and whose values never leave PHP; as above. */
function probe_hidden_settings($probe, $connection) {
    list($path, $number) = $connection;
    $name = $probe->kind === 'v4' ? 'APP_TIMEZONE' : 'SERVER_TIMEZONE';
    $both = [
        "$path.username" => ['DB_USERNAME', probe_numbered('DB_USERNAME', $number), 'forge'],
        "$path.password" => ['DB_PASSWORD', probe_numbered('DB_PASSWORD', $number), ''],
        'app.timezone' => [$name, [$name], 'UTC'],
        'database.redis.default.host' => ['REDIS_HOST', ['REDIS_HOST'], '127.0.0.1'],
    ];
    if ($probe->kind === 'v4') {
        return $both + [
            'app.key' => ['APP_KEY', ['APP_KEY'], 'SomeRandomStringSomeRandomString'],
            'mail.username' => ['MAIL_USERNAME', ['MAIL_USERNAME'], ''],
            'mail.password' => ['MAIL_PASSWORD', ['MAIL_PASSWORD'], ''],
            'mail.from.address' => ['MAIL_FROM_ADDRESS', ['MAIL_FROM_ADDRESS', 'MAIL_USERNAME'], null],
        ];
    }
    return $both + [
        'app.key' => ['APP_KEY', ['APP_KEY'], null],
        'ninja.api_secret' => ['API_SECRET', ['API_SECRET'], false],
        'ninja.update_secret' => ['UPDATE_SECRET', ['UPDATE_SECRET'], ''],
        'mail.mailers.smtp.username' => ['MAIL_USERNAME', ['MAIL_USERNAME'], null],
        'mail.mailers.smtp.password' => ['MAIL_PASSWORD', ['MAIL_PASSWORD'], null],
        'mail.from.address' => ['MAIL_FROM_ADDRESS', ['MAIL_FROM_ADDRESS'], 'hello@example.com'],
        'database.redis.default.port' => ['REDIS_PORT', ['REDIS_PORT'], 6379],
        'database.redis.default.password' => ['REDIS_PASSWORD', ['REDIS_PASSWORD'], null],
        'database.redis.default.database' => ['REDIS_DB', ['REDIS_DB'], 0],
        'database.redis.cache.database' => ['REDIS_CACHE_DB', ['REDIS_CACHE_DB'], 1],
    ];
}

/** The names of a setting of a numbered connection: DB_HOST2 before DB_HOST. */
function probe_numbered($name, $number) {
    return $number === '' ? [$name] : [$name . $number, $name];
}

/** [its key in the configuration, the number in its names in .env, its default host] of the default connection. */
function probe_connection_path($probe) {
    $name = (string) $probe->default_connection;
    if ($probe->kind === 'v4') {
        $number = preg_match('/^db-ninja-(\d)$/', $name, $match) ? $match[1] : '';
        return ["database.connections.$name", $number, 'localhost'];
    }
    $numbers = ['mysql' => '1', 'db-ninja-01' => '1', 'db-ninja-02' => '2'];
    return ["database.connections.$name", isset($numbers[$name]) ? $numbers[$name] : '', '127.0.0.1'];
}

/** The section: reads both sources, tells the effective values, and the keys for which they differ. */
function probe_effective_config($probe) {
    $file = "$probe->root/bootstrap/cache/config.php";
    $probe->env = probe_read_env($probe);
    $cached = file_exists($file);
    probe_set('config/cached', $cached);
    if ($cached) {
        probe_set('config/mtime', filemtime($file));
        $error = probe_load_cache($probe, $file);
        if ($error !== '') { probe_set('config/error', $error, true); }
    }
    if ($probe->cache === null && $probe->env === null) {
        $probe->unconfigured = "neither .env nor a cached configuration can be read: $probe->env_error";
        throw new RuntimeException($probe->unconfigured);
    }
    // A cache that cannot be loaded stops the application; its database is looked at all the same, by .env.
    $source = $probe->cache === null ? 'env' : 'cache';
    $key = $probe->kind === 'v4' ? 'DB_TYPE' : 'DB_CONNECTION';
    $probe->default_connection = $source === 'cache' ? probe_dig($probe->cache, 'database.default')
        : probe_from_env($probe, [$key], 'mysql');
    $connection = probe_connection_path($probe);
    $listed = probe_listed_settings($probe, $connection);
    $all = $listed + probe_hidden_settings($probe, $connection);
    foreach ($all as $key => $spec) {
        $value = $source === 'cache' ? probe_dig($probe->cache, $key) : probe_from_env($probe, $spec[1], $spec[2]);
        if (is_scalar($value) || $value === null) { $probe->settings[$key] = $value; }
        if (!isset($listed[$key]) && is_string($value) && strlen($value) > 5) { $probe->secrets[] = $value; }
    }
    $probe->configured = true;
    if (!$cached && $probe->env_error !== '') { probe_set('config/error', $probe->env_error); }
    if ($source === 'cache' || !$cached) { probe_tell_config($probe, $listed, $all); }
    else { probe_missing('config/values', 'the cached configuration cannot be loaded'); }
}

function probe_tell_config($probe, array $listed, array $all) {
    $values = [];
    $differs = [];
    foreach ($all as $key => $spec) {
        if (!array_key_exists($key, $probe->settings)) { continue; }
        $value = $probe->settings[$key];
        if (isset($listed[$key])) { $values[$spec[0]] = probe_without_login(probe_plain($value)); }
        if ($probe->cache === null || $probe->env === null || !$spec[1]) { continue; }
        if (!probe_has($probe->cache, $key)) { continue; }
        if (probe_plain($value) === probe_plain(probe_from_env($probe, $spec[1], $spec[2]))) { continue; }
        $differs[] = probe_env_name($probe, $spec);
    }
    if ($probe->kind === 'v4') {
        // V4 asks .env for these itself, and gets nothing where the configuration is cached.
        foreach (['REQUIRE_HTTPS', 'TRUSTED_PROXIES', 'API_SECRET'] as $name) {
            $value = probe_from_env($probe, [$name], null);
            if ($probe->cache !== null && $value) { $differs[] = $name; }
            if ($name !== 'API_SECRET') { $values[$name] = probe_plain($probe->cache === null ? $value : null); }
        }
    }
    probe_set('config/values', (object) $values);
    if ($probe->env === null) { probe_missing('config/differs', $probe->env_error); }
    else { probe_list('config/differs', array_values(array_unique($differs))); }
    $key = probe_setting($probe, 'app.key');
    $cipher = probe_setting($probe, 'app.cipher', 'AES-256-CBC');
    probe_set('config/app_key', probe_judge_key((string) $key, (string) $cipher));
}

/** The name under which a setting stands in .env, or would stand. */
function probe_env_name($probe, array $spec) {
    foreach ($spec[1] as $name) {
        if (isset($probe->env[$name])) { return $name; }
    }
    return $spec[1][count($spec[1]) - 1];
}

/** The values of .env, or null; $probe->env_error says what is wrong with it. */
function probe_read_env($probe) {
    $file = "$probe->root/.env";
    $content = @file_get_contents($file);
    if ($content === false) {
        $probe->env_error = file_exists($file) ? '.env cannot be read by this user' : 'there is no .env';
        return null;
    }
    list($values, $probe->env_error) = probe_parse_env($content, $probe->kind === 'v4');
    return $values;
}

/** Loads the cached configuration into $probe->cache; '' or what is wrong with it. What it prints is dropped. */
function probe_load_cache($probe, $file) {
    if (!is_readable($file)) { return 'this user cannot read it'; }
    $loader = "$probe->root/vendor/autoload.php";
    ob_start();
    try {
        try {
            $config = require $file;
        } catch (Throwable $error) {
            // It holds objects: their classes are the application's.
            if ($error instanceof ParseError || !is_file($loader)) { throw $error; }
            require_once $loader;
            $config = require $file;
        }
        $error = is_array($config) ? '' : 'it returns no array';
        if ($error === '') { $probe->cache = $config; }
    } catch (Throwable $error) {
        $error = probe_why($probe, $error);
    }
    while (ob_get_level() > $probe->buffers) { ob_end_clean(); }
    return $error;
}

/** A setting in effect by its key, of those above and of all others where the configuration is cached. */
function probe_setting($probe, $key, $default = null) {
    if (array_key_exists($key, $probe->settings)) { return $probe->settings[$key]; }
    return $probe->cache !== null && probe_has($probe->cache, $key) ? probe_dig($probe->cache, $key) : $default;
}

function probe_from_env($probe, array $names, $default) {
    foreach ($names as $name) {
        if (isset($probe->env[$name])) { return probe_env_cast($probe->env[$name]); }
    }
    return $default;
}

function probe_has(array $config, $key) {
    foreach (explode('.', $key) as $part) {
        if (!is_array($config) || !array_key_exists($part, $config)) { return false; }
        $config = $config[$part];
    }
    return true;
}

function probe_dig(array $config, $key) {
    foreach (explode('.', $key) as $part) {
        if (!is_array($config) || !array_key_exists($part, $config)) { return null; }
        $config = $config[$part];
    }
    return $config;
}

/** A value as text; a number and its text are equal: a cached port may be either. */
function probe_plain($value) {
    return is_bool($value) || $value === null ? json_encode($value) : (string) $value;
}

/** `ok`, `missing`, `example` (of .env.example), or `invalid` (not the length that the cipher needs). */
function probe_judge_key($key, $cipher) {
    if ($key === '') { return 'missing'; }
    $examples = ['SomeRandomString', 'SomeRandomStringSomeRandomString',
        'base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno='];
    if (in_array($key, $examples, true)) { return 'example'; }
    $raw = strpos($key, 'base64:') === 0 ? base64_decode(substr($key, 7)) : $key;
    $lengths = ['aes-128-cbc' => 16, 'aes-256-cbc' => 32, 'aes-128-gcm' => 16, 'aes-256-gcm' => 32];
    $cipher = strtolower($cipher);
    return isset($lengths[$cipher]) && strlen((string) $raw) === $lengths[$cipher] ? 'ok' : 'invalid';
}
