<?php

// The same refusal, word for word, that Composer writes into a release. Written for old PHP versions on purpose.

$issues = array();

if (!(PHP_VERSION_ID >= 80200)) {
    $issues[] = 'Your Composer dependencies require a PHP version ">= 8.2.0". You are running ' . PHP_VERSION . '.';
}

if ($issues) {
    if (!headers_sent()) {
        header('HTTP/1.1 500 Internal Server Error');
    }
    if (!ini_get('display_errors')) {
        $text = 'Composer detected issues in your platform:' . PHP_EOL . PHP_EOL . implode(PHP_EOL, $issues) . PHP_EOL . PHP_EOL;
        if (PHP_SAPI === 'cli' || PHP_SAPI === 'phpdbg') {
            fwrite(STDERR, $text);
        } elseif (!headers_sent()) {
            echo str_replace('You are running ' . PHP_VERSION . '.', '', $text);
        }
    }
    trigger_error('Composer detected issues in your platform: ' . implode(' ', $issues), E_USER_ERROR);
}
