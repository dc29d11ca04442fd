<?php
// Prints the lines of the probe's protocol. A section that breaks becomes a reason, and the next one runs.
// All files here are joined into one program in which PHP knows every function before it runs the first line.
// The oldest PHP to run it is 7.0 (its syntax); every extension may be missing.

/** One line; $text: free text in it, from which the writer takes quoted values and SQL. */
function probe_set($path, $value, $text = false) {
    echo ($text ? 'JT' : 'J') . "\t$path\t" . probe_json($value) . "\n";
}

/** Appends to a list; the list is there, empty, where nothing is ever appended. */
function probe_list($path, array $values, $text = false) {
    $lines = "L\t$path\n";
    foreach ($values as $value) { $lines .= ($text ? 'PT' : 'P') . "\t$path\t" . probe_json($value) . "\n"; }
    echo $lines;
}

/** Why there is nothing at the path. */
function probe_missing($path, $reason) {
    echo "M\t$path\t" . preg_replace('/\s+/', ' ', trim((string) $reason)) . "\n";
}

function probe_json($value) {
    $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PARTIAL_OUTPUT_ON_ERROR;
    if (defined('JSON_INVALID_UTF8_SUBSTITUTE')) { $flags |= constant('JSON_INVALID_UTF8_SUBSTITUTE'); }
    return (string) json_encode($value, $flags);
}

/**
 * The writer makes a pseudonym of it. $kind: `key` or `name`. Where the salt is known, it is told the digest as well, which
 * would cost sh a process for each; not of texts that the writer may change before it asks for theirs.
 */
function probe_pseudonym($kind, $value) {
    global $probe;
    $value = (string) $value;
    if ($value === '') { return ''; }
    $plain = preg_match('/^[^\x00-\x1f\x7f"\\\\<>\x{80}-\x{9f}\x{2028}\x{2029}]+$/Du', $value);
    if ($plain && $probe->salt !== '' && function_exists('hash')) {
        $low = strtr($value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
        echo "Q\t$kind $low\t" . substr(hash('sha256', "$probe->salt\n$kind\n$low"), 0, 6) . "\n";
    }
    return "<<$kind:$value>>";
}

/** An address without the name and password that may stand before its host. */
function probe_without_login($url) {
    return preg_replace('~^(\w+://)[^/@]*@~', '$1', (string) $url);
}

/** What went wrong, in a few words and without a password. */
function probe_why($probe, $error) {
    // A syntax error quotes the text at which it stands.
    if ($error instanceof ParseError) { return 'PHP cannot parse line ' . $error->getLine(); }
    $text = substr(probe_hide($probe, $error->getMessage()), 0, 300);
    return $error instanceof RuntimeException ? $text : get_class($error) . ": $text";
}

/** Takes the settings that are secret out of a text: the writer knows those of .env, but not those of an old cache. */
function probe_hide($probe, $text) {
    foreach ($probe->secrets as $secret) { $text = str_replace($secret, '<secret>', $text); }
    return (string) $text;
}

/**
 * Runs the sections in order; $probe->sections: list of [paths, function, whether it needs the settings]. Where a
 * section dies, its paths get the reason. Returns when none is left.
 */
function probe_run($probe) {
    while ($probe->sections) {
        $probe->section = array_shift($probe->sections);
        list($paths, $function, $needs) = $probe->section;
        try {
            if ($needs && !$probe->configured) { throw new RuntimeException($probe->unconfigured); }
            $function($probe);
        } catch (Throwable $error) {
            foreach ((array) $paths as $path) { probe_missing($path, probe_why($probe, $error)); }
        }
        $probe->section = null;
    }
    echo "J\tphp/cli/starts\ttrue\nD\tphp\n";
}

/** PHP calls it when the program ends, also by an error that nobody can catch: the other sections still run. */
function probe_ended($probe) {
    if ($probe->section === null) { return; }
    while (ob_get_level() > $probe->buffers) { ob_end_clean(); }
    $error = error_get_last();
    // Of a fatal error the message alone: exit() leaves an older warning or none.
    $fatal = $error && ($error['type'] & (E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR));
    $why = $fatal ? probe_hide($probe, strtok($error['message'], "\n")) : 'the application ended PHP';
    foreach ((array) $probe->section[0] as $path) { probe_missing($path, $why); }
    $probe->section = null;
    probe_run($probe);
}
