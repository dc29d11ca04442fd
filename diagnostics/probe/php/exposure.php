<?php
// exposure: what nobody outside may read, asked for over HTTP. Served is what comes back as the thing itself: V5
// answers every path with a page of its own, and status 200.

/** Sends the requests; list of [path, kind, request]. */
function probe_ask_exposed($probe) {
    $wanted = [['/.env', 'env', "$probe->root/.env"], ['/index.php', 'php', "$probe->root/public/index.php"]];
    if (file_exists("$probe->root/.git/config")) { $wanted[] = ['/.git/config', 'git', "$probe->root/.git/config"]; }
    foreach (['laravel', 'laravel-error', 'laravel-info', 'invoiceninja'] as $name) {
        $file = "$probe->root/storage/logs/$name.log";
        if (is_file($file)) { $wanted[] = ["/storage/logs/$name.log", 'log', $file]; }
    }
    // A root that is the application's own folder, with public/ in the address, serves them one level up.
    $bases = [$probe->base];
    if (trim((string) parse_url($probe->base, PHP_URL_PATH), '/') !== '') { $bases[] = dirname($probe->base); }
    $asked = [];
    foreach ($bases as $number => $base) {
        foreach (array_merge($wanted, probe_public_files($probe, $number > 0)) as $each) {
            list($path, $kind, $file) = $each;
            // A setting, or the beginning of a page, has to be seen; elsewhere the first bytes tell.
            $bytes = in_array($kind, ['env', 'git', 'backup'], true) ? 1024 : 16;
            $address = $base . implode('/', array_map('rawurlencode', explode('/', $path)));
            $asked[] = [($number ? '/..' : '') . $path, $kind, $file, probe_ask($probe, $address, ['bytes' => $bytes])];
        }
    }
    return $asked;
}

/** Exports, and copies that somebody left below public: list of [path, kind, file], 20 of each at most. */
function probe_public_files($probe, $above) {
    $public = "$probe->root/public";
    $exports = array_merge(
        probe_glob($public, '/storage/migrations/*.zip'),
        probe_glob($public, '/storage/migrations/*/migration.json')
    );
    $private = array_merge(
        probe_glob($probe->root, '/storage/migrations/*.zip'),
        probe_glob($probe->root, '/storage/app/migrations/*.zip')
    );
    $backups = preg_grep(
        '/(\.(sql|dump)(\.(gz|bz2|xz|zst|zip))?|\.(tar|tgz|tbz2|zip|7z|rar|bak)|\.tar\.\w+|\/\.env[^\/]*)$/i',
        array_merge(probe_glob($public, '/*'), probe_glob($public, '/.env*'), probe_glob($public, '/storage/*.*'))
    );
    // Below the site's root stands public, or the whole application.
    $served = $above ? $probe->root : $public;
    $found = [];
    $kinds = [[$exports, 'export', $served], [$private, 'export', $probe->root], [$backups, 'backup', $served]];
    foreach ($kinds as $each) {
        list($files, $kind, $base) = $each;
        foreach (array_slice($files, 0, 20) as $file) { $found[] = [substr($file, strlen($base)), $kind, $file]; }
    }
    return $found;
}

/** The section. */
function probe_exposure($probe) {
    if (!$probe->sites) { return; }
    $paths = [];
    foreach ($probe->exposed as $each) {
        list($path, $kind, $file, $request) = $each;
        probe_answer($probe, $request);
        $ok = !$request->errno && ($request->status === 200 || $request->status === 206);
        $paths[] = [
            // An export is named after the company's key.
            'path' => preg_replace('/[A-Za-z0-9]{20,}/', '<<key:$0>>', $path),
            'kind' => $kind,
            'status' => $request->errno ? 0 : $request->status,
            'served' => $ok && probe_is_the_thing($kind, $file, $request->body),
        ];
    }
    probe_set('exposure/base', $probe->base);
    probe_list('exposure/paths', $paths);
}

/** Whether these first bytes are those of the file, or, where this user cannot read it, of such a file. */
function probe_is_the_thing($kind, $file, $body) {
    if ($body === '') { return false; }
    $real = is_file($file) ? @file_get_contents($file, false, null, 0, strlen($body)) : false;
    if ($real !== false && strlen($body) >= 8) { return $real === $body; }
    $marks = [
        'env' => '/^\s*(export\s+)?(APP|DB)_[A-Z]+\s*=/m',
        'log' => '/^\[20\d\d-/',
        'git' => '/^\s*\[core\]/',
        'php' => '/^\s*<\?php/',
        'export' => '/^(PK\x03\x04|\s*\{)/',
        'backup' => '/^(PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|-- |\/\*!)|^(APP|DB)_[A-Z]+\s*=/m',
    ];
    return (bool) preg_match($marks[$kind], $body);
}
