<?php
// tls/files: the certificates that the virtual host names. sh has read them: the web user may not.

/** $probe_certificates: path => the first certificate in that file, '' where it cannot be read. */
function probe_certificate_files($probe) {
    $found = [];
    foreach ($probe->certificates as $path => $text) {
        $certificate = $text === '' ? false : openssl_x509_parse($text);
        $known = $certificate ? probe_certificate($certificate) : [];
        unset($known['subject'], $known['self_signed']);
        $found[] = ['path' => (string) $path, 'readable' => $text !== ''] + $known;
    }
    probe_list('tls/files', $found);
}

/** A parsed certificate in the words of the facts. */
function probe_certificate(array $certificate) {
    $names = isset($certificate['extensions']['subjectAltName']) ? $certificate['extensions']['subjectAltName'] : '';
    preg_match_all('/(?:DNS|IP Address):([^,\s]+)/', $names, $found);
    $common = isset($certificate['subject']['CN']) ? (array) $certificate['subject']['CN'] : [];
    return [
        'subject' => probe_distinguished($certificate['subject']),
        'issuer' => probe_distinguished($certificate['issuer']),
        'not_before' => $certificate['validFrom_time_t'],
        'not_after' => $certificate['validTo_time_t'],
        'names' => array_slice($found[1] ?: $common, 0, 100),
        'self_signed' => $certificate['subject'] == $certificate['issuer'],
    ];
}

function probe_distinguished(array $name) {
    $parts = [];
    foreach ($name as $key => $value) { $parts[] = "$key=" . implode('+', (array) $value); }
    return implode(', ', $parts);
}
