<?php
// php/web: the PHP of the site's pool, where the packages of Debian and Ubuntu leave no doubt that it differs from this one in
// its settings alone. Where there is doubt nothing is told, and sh asks the program itself, which takes as long as all else.

/** The section. $probe->fpm: the folder with the php.ini of FPM, '' where this PHP is not of the same package. */
function probe_web($probe) {
    if ($probe->fpm === '') { return; }
    $own = array_map('trim', explode(',', (string) php_ini_scanned_files()));
    $files = probe_glob($probe->fpm, '/conf.d/*.ini');
    array_unshift($own, (string) php_ini_loaded_file());
    array_unshift($files, "$probe->fpm/php.ini");
    $settings = probe_ini_settings($files);
    if ($settings === null || probe_ini_extensions($own) !== probe_ini_extensions($files)) { return; }
    $folder = isset($settings['extension_dir']) ? $settings['extension_dir'] : PHP_EXTENSION_DIR;
    if ($folder !== ini_get('extension_dir')) { return; }
    // What is built into the one program and not into the other.
    $extensions = array_diff(array_map('strtolower', get_loaded_extensions()), ['pcntl']);
    $extensions[] = 'cgi-fcgi';
    sort($extensions);
    // PHP's own values (main/main.c), where no file has another.
    $ini = ['memory_limit' => '128M', 'upload_max_filesize' => '2M', 'post_max_size' => '8M', 'max_execution_time' => '30',
        'allow_url_fopen' => '1', 'disable_functions' => '', 'open_basedir' => '', 'curl.cainfo' => '',
        'openssl.cafile' => ''];
    // Those of the pool win.
    foreach ([$settings, $probe->pool] as $given) { $ini = array_intersect_key($given, $ini) + $ini; }
    $ini['allow_url_fopen'] = preg_match('/^(on|1|yes|true)$/i', $ini['allow_url_fopen']) ? '1' : '0';
    probe_set('php/web/version', PHP_VERSION);
    probe_set('php/web/version_id', PHP_VERSION_ID);
    probe_set('php/web/extensions', $extensions);
    foreach ($ini as $name => $value) { probe_set("php/web/ini/$name", $value); }
}

/** What PHP reads in these files, a later one winning; null where one cannot be read, or holds only for some requests. */
function probe_ini_settings(array $files) {
    $settings = [];
    foreach ($files as $file) {
        $text = @file_get_contents($file);
        if ($text === false || preg_match('/^\s*\[(PATH|HOST)\s*=/mi', $text)) { return null; }
        $found = parse_ini_string($text);
        if ($found === false) { return null; }
        $settings = $found + $settings;
    }
    return array_filter($settings, 'is_string');
}

/** The extensions that these files load, sorted. */
function probe_ini_extensions(array $files) {
    $found = [];
    foreach (array_filter($files) as $file) {
        preg_match_all('/^\s*((?:zend_)?extension)\s*=\s*"?([^";\s]+)/m', (string) @file_get_contents($file), $lines);
        foreach ($lines[0] as $number => $line) { $found[$lines[1][$number] . ' ' . $lines[2][$number]] = 1; }
    }
    ksort($found);
    return $found;
}
