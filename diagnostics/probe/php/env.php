<?php
// Reads .env by the rules of vlucas/phpdotenv 5.6 (V5) and 3.6 (V4), as migration/env_file.py does. What phpdotenv
// refuses is told, and the rest is read all the same: a broken .env is when a diagnosis is wanted.

/** [values by name (null: a name without an equals sign), what is wrong with the file or '']. $old: phpdotenv 3.6. */
function probe_parse_env($content, $old) {
    $values = [];
    $wrong = '';
    foreach (probe_env_entries($content, $wrong) as $number => $raw) {
        $line = trim($raw);
        if ($line === '' || $line[0] === '#') { continue; }
        $parts = explode('=', $line, 2);
        $name = trim($parts[0]);
        if (strlen($name) > 8 && preg_match('/^export\s+(.+)$/', $name, $match)) { $name = $match[1]; }
        if (preg_match('/^([\'"])(.+)\1$/', $name, $match)) { $name = $match[2]; }
        if (!preg_match('/^[\w.]+$/', $name)) {
            $wrong = $wrong ?: "Line $number of .env does not begin with a name and an equals sign";
            continue;
        }
        $values[$name] = isset($parts[1]) ? probe_env_value(trim($parts[1]), $old, $values, $number, $wrong) : null;
    }
    return [$values, $wrong];
}

/** The definitions by the number of their first line; a double quote may stay open over several lines. */
function probe_env_entries($content, &$wrong) {
    $entries = [];
    $start = 0;
    foreach (preg_split('/\r\n|\n|\r/', $content) as $index => $line) {
        if ($start) {
            $entries[$start] .= "\n" . $line;
            if (probe_env_closes($line, 0)) { $start = 0; }
            continue;
        }
        $entries[$index + 1] = $line;
        if (strpos($line, '="') !== false && !probe_env_closes($line, 1)) { $start = $index + 1; }
    }
    if ($start) {
        $wrong = "Line $start of .env opens a double quote that is never closed";
        $lines = explode("\n", $entries[$start]);
        array_pop($entries);
        foreach (array_slice($lines, 1) as $index => $line) { $entries[$start + 1 + $index] = $line; }
    }
    return $entries;
}

function probe_env_closes($line, $opened) {
    return $line === '"' || preg_match_all('/(?=[^\\\\]")/', str_replace('\\\\', '', $line)) > $opened;
}

/** One value: its quotes, escapes, comment and ${NAME}. Where phpdotenv would refuse it, it is taken as it stands. */
function probe_env_value($text, $old, array $known, $number, &$wrong) {
    $escapes = ['f' => "\f", 'n' => "\n", 'r' => "\r", 't' => "\t", 'v' => "\v"];
    $value = '';
    $references = [];
    $state = 'begin';
    $quote = '';
    $why = '';
    for ($at = 0; $at < strlen($text); $at++) {
        $char = $text[$at];
        if ($state === 'escape') {
            if ($char === '\\' || $char === $quote || ($char === '$' && !$old)) { $value .= $char; }
            elseif (isset($escapes[$char])) { $value .= $escapes[$char]; }
            else { $why = 'has a backslash before a character that needs none'; break; }
            $state = 'quoted';
        } elseif ($state === 'quoted') {
            if ($char === $quote) { $state = 'space'; continue; }
            if ($char === '\\' && ($quote === '"' || $old)) { $state = 'escape'; continue; }
            if ($char === '$' && ($quote === '"' || $old)) { $references[] = strlen($value); }
            $value .= $char;
        } elseif ($state === 'begin' && ($char === '"' || $char === "'")) {
            $state = 'quoted';
            $quote = $char;
        } elseif ($char === '#') {
            break;
        } elseif ($state === 'space') {
            if (!preg_match('/\s/', $char)) { $why = 'has white space in a value without quotes'; break; }
        } elseif (preg_match('/\s/', $char)) {
            $state = 'space';
        } else {
            if ($char === '$') { $references[] = strlen($value); }
            $value .= $char;
            $state = 'plain';
        }
    }
    if ($why === '' && ($state === 'quoted' || $state === 'escape')) { $why = 'opens a quote that is never closed'; }
    if ($why !== '') {
        $wrong = $wrong ?: "Line $number of .env $why";
        return $text;
    }
    foreach (array_reverse($references) as $at) {
        if (preg_match('/\G\$\{([a-zA-Z0-9_.]+)\}/', $value, $match, 0, $at) && isset($known[$match[1]])) {
            $value = substr_replace($value, $known[$match[1]], $at, strlen($match[0]));
        }
    }
    return $value;
}

/** What Laravel's env() makes of a value: true, false, null and empty are words of their own. */
function probe_env_cast($value) {
    if ($value === null) { return null; }
    switch (strtolower($value)) {
        case 'true': case '(true)': return true;
        case 'false': case '(false)': return false;
        case 'null': case '(null)': return null;
        case 'empty': case '(empty)': return '';
    }
    return preg_match('/\A([\'"])(.*)\1\z/s', $value, $match) ? $match[2] : $value;
}
