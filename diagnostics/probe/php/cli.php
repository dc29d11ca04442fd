<?php
// php/cli: the PHP that runs this program.

function probe_cli($probe) {
    probe_set('php/cli/path', PHP_BINARY);
    probe_set('php/cli/version', PHP_VERSION);
    probe_set('php/cli/version_id', PHP_VERSION_ID);
    $extensions = array_map('strtolower', get_loaded_extensions());
    sort($extensions);
    probe_set('php/cli/extensions', $extensions);
    $ini = [];
    foreach (['memory_limit', 'upload_max_filesize', 'post_max_size', 'max_execution_time', 'allow_url_fopen',
        'disable_functions', 'open_basedir', 'curl.cainfo', 'openssl.cafile'] as $name) {
        $ini[$name] = (string) ini_get($name);
    }
    probe_set('php/cli/ini', $ini);
    // Enough for a cached configuration with the application's class loader, and the host keeps the rest.
    if (function_exists('ini_set')) { ini_set('memory_limit', '256M'); }
}
