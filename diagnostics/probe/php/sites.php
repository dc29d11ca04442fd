<?php
// http and tls: the site's own address and the other side's, asked from this host.

/** The section that sends every request, so that they are answered while the rest is gathered. */
function probe_start_asking($probe) {
    $probe->base = rtrim(probe_without_login(probe_setting($probe, 'app.url', $probe->app_url)), '/');
    if (!preg_match('~^https?://[^/\s]+~i', $probe->base)) {
        throw new RuntimeException('APP_URL is no address with http:// or https://');
    }
    $probe->sites[] = probe_ask_site($probe, 'self', $probe->base);
    if ($probe->peer !== '') { $probe->sites[] = probe_ask_site($probe, 'peer', $probe->peer); }
    $host = parse_url($probe->base, PHP_URL_HOST);
    $probe->pages = [
        'plain' => probe_ask($probe, "http://$host/"),
        'site' => probe_ask($probe, "$probe->base/"),
        'api' => $probe->sites[0]->plain,
    ];
    if ($probe->kind === 'v5') { $probe->pages['login'] = probe_ask($probe, "$probe->base/api/v1/login"); }
    $probe->exposed = probe_ask_exposed($probe);
    probe_pump($probe);
}

/**
 * Asks a site, and connects to it as the application does, which judges its certificate. V4 lets who GETs its API
 * without a token wait 3 seconds and holds one of its workers meanwhile; it is asked for the options of that path.
 */
function probe_ask_site($probe, $role, $url) {
    $site = new stdClass();
    $parts = parse_url($url) + ['scheme' => '', 'host' => ''];
    $site->role = $role;
    $site->url = $url;
    $site->scheme = strtolower($parts['scheme']);
    $site->host = trim($parts['host'], '[]');
    $site->port = isset($parts['port']) ? $parts['port'] : ($site->scheme === 'https' ? 443 : 80);
    $v4 = ($probe->kind === 'v4') === ($role === 'self');
    $site->plain = probe_ask($probe, "$url/api/v1/ping", $v4 ? ['method' => 'OPTIONS'] : []);
    $site->judged = $site->scheme === 'https' ? probe_ask($probe, $url, ['connect' => true, 'verify' => true]) : null;
    return $site;
}

/** The section `http`. */
function probe_http($probe) {
    if (!$probe->sites) { return; }
    probe_set('http/base', $probe->base);
    foreach ($probe->pages as $name => $request) {
        probe_answer($probe, $request);
        probe_set("http/$name", [
            'url' => $request->url,
            'status' => $request->errno ? 0 : $request->status,
            'location' => probe_header($request, 'location'),
            'type' => probe_header($request, 'content-type'),
            'app_version' => probe_app_version($request),
            'server' => probe_header($request, 'server'),
            'error' => $request->error,
        ]);
    }
}

function probe_app_version($request) {
    return probe_header($request, 'x-app-version') ?: probe_header($request, 'x-ninja-version');
}

/** The section `tls/sites`. V4 may know the other side only from its database, so that it is asked here. */
function probe_tls($probe) {
    if (!$probe->sites) { return; }
    if ($probe->peer === '' && !empty($probe->forward_url)) {
        $probe->sites[] = probe_ask_site($probe, 'peer', rtrim($probe->forward_url, '/'));
    }
    foreach ($probe->sites as $site) {
        probe_answer($probe, $site->plain);
        if ($site->judged) { probe_answer($probe, $site->judged); }
        $site->address = (string) curl_getinfo($site->plain->curl, CURLINFO_PRIMARY_IP);
        $site->connected = curl_getinfo($site->plain->curl, CURLINFO_CONNECT_TIME) > 0;
        // To an address curl sends no name, so this is what a client without SNI gets.
        $bare = strpos($site->address, ':') !== false ? "[$site->address]" : $site->address;
        $ask = $site->scheme === 'https' && $site->connected && $site->address !== $site->host;
        $site->nameless = $ask ? probe_ask($probe, "https://$bare:$site->port/", ['connect' => true]) : null;
    }
    $sites = [];
    foreach ($probe->sites as $site) {
        if ($site->nameless) { probe_answer($probe, $site->nameless); }
        $sites[] = probe_site_facts($site);
    }
    probe_list('tls/sites', $sites);
}

function probe_site_facts($site) {
    $plain = $site->plain;
    $status = $plain->errno ? 0 : $plain->status;
    $location = probe_header($plain, 'location');
    $away = $status >= 300 && $status < 400 && $location !== '';
    $facts = [
        'role' => $site->role, 'url' => $site->url, 'scheme' => $site->scheme, 'host' => $site->host,
        'port' => $site->port, 'addresses' => probe_addresses($site), 'connected' => $site->connected,
        'error' => $site->connected ? '' : $plain->error,
        'redirect' => $away ? ['status' => $status, 'location' => $location] : null,
        'api_status' => $status, 'api_version' => probe_app_version($plain),
    ];
    $names = ['verified', 'verify_error', 'verified_by', 'curl_errno', 'name_matches', 'chain', 'chain_without_sni',
        'intermediate_missing'];
    if ($site->scheme !== 'https' || !$site->connected) { return $facts + array_fill_keys($names, null); }
    $judged = $site->judged;
    $chain = probe_chain($plain);
    $leaf = $chain ? $chain[0] : null;
    $nameless = $site->nameless ? probe_chain($site->nameless) : [];
    // TLS was agreed on, and curl had nothing to say about the certificate: what fails later is no matter of trust.
    $verified = curl_getinfo($judged->curl, CURLINFO_APPCONNECT_TIME) > 0 && !in_array($judged->errno, [51, 60], true);
    $issuer_unknown = in_array(curl_getinfo($judged->curl, CURLINFO_SSL_VERIFYRESULT), [2, 20, 21], true);
    return $facts + [
        'verified' => $verified,
        'verify_error' => $verified ? '' : $judged->error,
        'verified_by' => 'php',
        'curl_errno' => $judged->errno,
        'name_matches' => $leaf ? probe_name_matches($site->host, $leaf['names']) : null,
        'chain' => $chain,
        'chain_without_sni' => $nameless ? $nameless[0]['subject'] : '',
        'intermediate_missing' => count($chain) === 1 && !$leaf['self_signed'] && !$verified && $issuer_unknown,
    ];
}

/** What the name resolves to. Asked only where curl got an answer, which had a time limit; this has none. */
function probe_addresses($site) {
    if ($site->plain->errno === 6) { return []; }
    $found = $site->address === '' ? [] : [$site->address];
    if (filter_var($site->host, FILTER_VALIDATE_IP)) { return [$site->host]; }
    if (curl_getinfo($site->plain->curl, CURLINFO_NAMELOOKUP_TIME) > 0) {
        $found = array_merge($found, gethostbynamel($site->host) ?: []);
    }
    return array_values(array_unique($found));
}

/** The certificates as the server sent them, leaf first. */
function probe_chain($request) {
    $chain = [];
    foreach (array_slice(curl_getinfo($request->curl, CURLINFO_CERTINFO) ?: [], 0, 10) as $sent) {
        $certificate = isset($sent['Cert']) ? openssl_x509_parse($sent['Cert']) : false;
        if ($certificate) { $chain[] = probe_certificate($certificate); }
    }
    return $chain;
}

function probe_name_matches($host, array $names) {
    $host = strtolower($host);
    foreach ($names as $name) {
        $name = strtolower($name);
        if ($name === $host) { return true; }
        // A star stands for one label.
        if (strpos($name, '*.') === 0 && strpos($host, '.') && substr($host, strpos($host, '.')) === substr($name, 1)) {
            return true;
        }
    }
    return false;
}

/** The section `tls/php_bundle`: the roots that PHP's curl trusts. */
function probe_php_bundle($probe) {
    // The order is PHP's own (ext/curl): openssl.cafile, then curl.cainfo, then what libcurl was built with.
    $paths = array_filter([ini_get('openssl.cafile'), ini_get('curl.cainfo')]);
    $built = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem',
        '/etc/ssl/cert.pem', '/usr/local/share/certs/ca-root-nss.crt'];
    if (!$paths) { $paths = array_filter($built, 'is_file'); }
    $path = $paths ? (string) reset($paths) : '';
    $there = $path !== '' && is_file($path);
    probe_set('tls/php_bundle', [
        'path' => $path, 'exists' => $there, 'mtime' => $there ? filemtime($path) : null,
        'certificates' => $there ? substr_count((string) @file_get_contents($path), '-----BEGIN') : 0,
    ]);
}
