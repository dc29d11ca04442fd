<?php
// Just enough of Redis's protocol to ask a question, with the application's own settings.

/** Opens a connection and logs in; $database: `default` or `cache`, the names in config/database.php. */
function probe_redis($probe, $database) {
    $host = (string) probe_setting($probe, "database.redis.$database.host",
        probe_setting($probe, 'database.redis.default.host', '127.0.0.1'));
    $port = (int) probe_setting($probe, "database.redis.$database.port",
        probe_setting($probe, 'database.redis.default.port', 6379));
    $address = strpos($host, '/') === 0 ? "unix://$host"
        : (strpos($host, '://') ? preg_replace('~^tls://~', 'ssl://', $host) . ":$port" : "tcp://$host:$port");
    $socket = @stream_socket_client($address, $errno, $error, 2);
    if (!$socket) { throw new RuntimeException("Redis on $host port $port does not answer: $error"); }
    stream_set_timeout($socket, 2);
    $password = probe_setting($probe, 'database.redis.default.password');
    $user = probe_setting($probe, 'database.redis.default.username');
    if ((string) $password !== '') {
        probe_redis_ask($socket, (string) $user === '' ? ['AUTH', $password] : ['AUTH', $user, $password]);
    }
    $number = (int) probe_setting($probe, "database.redis.$database.database", $database === 'cache' ? 1 : 0);
    if ($number) { probe_redis_ask($socket, ['SELECT', (string) $number]); }
    return $socket;
}

/** The answer as text, null where there is none; throws with the word that Redis refuses with. */
function probe_redis_ask($socket, array $words) {
    $command = '*' . count($words) . "\r\n";
    foreach ($words as $word) { $command .= '$' . strlen($word) . "\r\n$word\r\n"; }
    fwrite($socket, $command);
    $line = fgets($socket);
    if ($line === false || $line === '') { throw new RuntimeException("Redis gives no answer to $words[0]"); }
    $rest = trim(substr($line, 1));
    if ($line[0] === '-') { throw new RuntimeException("Redis refuses $words[0]: " . strtok($rest, ' ')); }
    if ($line[0] !== '$') { return $rest; }
    return $rest === '-1' ? null : substr(stream_get_contents($socket, (int) $rest + 2), 0, -2);
}
