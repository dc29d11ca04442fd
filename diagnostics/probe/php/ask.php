<?php
// HTTP requests, all at once by curl as the application makes them, and answered while the database is asked.
// No redirect is followed, no proxy is used, and no more of an answer is kept than its judgement needs.
// curl's numbers: 6 no such host, 18 a part came, 23 we took no more, 28 time over, 51 and 60 certificate.

/**
 * Adds a request; returns an object that holds the answer once probe_answer() was called for it: curl (the handle),
 * errno, error, status, headers (small letters), body (its first bytes).
 *
 * $options: verify (judge the certificate, by PHP's own trust store), connect (no request: TCP, and TLS for https),
 * method, bytes (of the body, asked for as a range), seconds.
 */
function probe_ask($probe, $url, array $options = []) {
    if (!probe_can_ask()) {
        throw new RuntimeException('this PHP has no curl extension, or its functions are disabled');
    }
    if (!isset($probe->multi)) {
        $probe->multi = curl_multi_init();
        // A small site has five workers or fewer, and they have visitors.
        if (defined('CURLMOPT_MAX_HOST_CONNECTIONS')) {
            curl_multi_setopt($probe->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 4);
        }
        $probe->asked = [];
        $probe->pumped = microtime(true);
        $probe->pause = 0.0;
    }
    $request = new stdClass();
    $request->url = $url;
    $request->options = $options;
    $probe->asked[] = $request;
    probe_send($probe, $request);
    return $request;
}

function probe_can_ask() {
    return function_exists('curl_multi_init') && function_exists('curl_multi_exec');
}

function probe_send($probe, $request) {
    $options = $request->options;
    $request->errno = null;
    $request->error = '';
    $request->status = 0;
    $request->headers = [];
    $request->body = '';
    $request->began = microtime(true);
    $request->curl = curl_init($request->url);
    $bytes = isset($options['bytes']) ? $options['bytes'] : 0;
    $seconds = isset($options['seconds']) ? $options['seconds'] : 4;
    $verify = !empty($options['verify']);
    $received = 0;
    $settings = [
        CURLOPT_CONNECTTIMEOUT_MS => 1000 * min(3, $seconds),
        CURLOPT_TIMEOUT_MS => 1000 * $seconds,
        CURLOPT_NOSIGNAL => true,
        CURLOPT_PROXY => '',
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_USERAGENT => 'Ninjalift probe',
        CURLOPT_SSL_VERIFYPEER => $verify,
        CURLOPT_SSL_VERIFYHOST => $verify ? 2 : 0,
        CURLOPT_CERTINFO => !$verify,
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use ($request) {
            $parts = explode(':', $line, 2);
            if (isset($parts[1])) { $request->headers[strtolower(trim($parts[0]))] = trim($parts[1]); }
            return strlen($line);
        },
        // Returning another length ends the transfer (and its connection, so it is done only where a page is long).
        CURLOPT_WRITEFUNCTION => function ($curl, $data) use ($request, $bytes, &$received) {
            $received += strlen($data);
            $request->body .= substr($data, 0, max(0, $bytes - strlen($request->body)));
            return $received > 100000 ? 0 : strlen($data);
        },
    ];
    // Without a judgement the roots, which take long to load, are of no use.
    if (!$verify) { $settings[CURLOPT_CAINFO] = '/dev/null'; }
    if ($bytes) { $settings[CURLOPT_RANGE] = '0-' . ($bytes - 1); }
    if (!empty($options['method'])) { $settings[CURLOPT_CUSTOMREQUEST] = $options['method']; }
    if (!empty($options['connect'])) { $settings[CURLOPT_CONNECT_ONLY] = true; }
    curl_setopt_array($request->curl, $settings);
    curl_multi_add_handle($probe->multi, $request->curl);
}

/** Moves all requests on without waiting; called between the queries of the database. */
function probe_pump($probe) {
    if (!isset($probe->multi)) { return; }
    $now = microtime(true);
    $probe->pause = max($probe->pause, $now - $probe->pumped);
    do { $state = curl_multi_exec($probe->multi, $running); } while ($state === CURLM_CALL_MULTI_PERFORM);
    while ($done = curl_multi_info_read($probe->multi)) {
        foreach ($probe->asked as $request) {
            if ($request->curl === $done['handle']) { probe_done($probe, $request, $done['result']); }
        }
    }
    $probe->pumped = microtime(true);
}

function probe_done($probe, $request, $errno) {
    $slow = $probe->pause > 1 && $errno === 28 && empty($request->again);
    $request->status = (int) curl_getinfo($request->curl, CURLINFO_HTTP_CODE);
    // We ended the transfer ourselves, or the server sent more than it had promised: the answer is there.
    $answered = $request->status > 0 && in_array($errno, [18, 23], true);
    $request->errno = $answered ? 0 : $errno;
    $request->error = $request->errno ? (curl_error($request->curl) ?: curl_strerror($errno)) : '';
    curl_multi_remove_handle($probe->multi, $request->curl);
    if ($slow) {
        // The time went by while this program waited for the database, so it says nothing about the site.
        $request->again = true;
        $probe->pause = 0.0;
        probe_send($probe, $request);
    }
}

/** Waits for this request's answer, and returns it. */
function probe_answer($probe, $request) {
    probe_pump($probe);
    while ($request->errno === null) {
        if (microtime(true) > $probe->deadline) {
            $request->errno = 28;
            $request->error = "the probe's time was over";
            break;
        }
        if (curl_multi_select($probe->multi, 0.2) === -1) { usleep(10000); }
        probe_pump($probe);
    }
    return $request;
}

function probe_header($request, $name) {
    return isset($request->headers[$name]) ? substr($request->headers[$name], 0, 500) : '';
}
