<?php
// queue: which driver is in effect, and whether Redis answers where it is that one.

function probe_queue($probe) {
    $driver = (string) probe_setting($probe, 'queue.default', 'sync');
    probe_set('queue/driver', $driver);
    $v4 = $probe->kind === 'v4';
    // V4 sets none that Laravel 6 knows, so it has Laravel's.
    $default = in_array($driver, ['database', 'redis', 'beanstalkd'], true) ? ($v4 ? 60 : 90000000) : null;
    $after = probe_setting($probe, "queue.connections.$driver.retry_after", $default);
    if ($after === null) { probe_missing('queue/retry_after', "the driver is '$driver'"); }
    else { probe_set('queue/retry_after', (int) $after); }
    // The condition in V5's App\Console\Kernel.
    probe_set('queue/internal', !$v4 && $driver === 'database'
        && probe_setting($probe, 'ninja.environment') === 'selfhost'
        && (bool) probe_setting($probe, 'ninja.internal_queue_enabled') && !probe_setting($probe, 'ninja.is_docker'));
}

function probe_queue_redis($probe) {
    if (probe_setting($probe, 'queue.default') !== 'redis') {
        probe_missing('queue/redis', 'the driver is another');
        return;
    }
    $answers = false;
    try {
        $answers = probe_redis_ask(probe_redis($probe, 'default'), ['PING']) === 'PONG';
    } catch (RuntimeException $error) {
        probe_missing('queue/redis/error', $error->getMessage());
    }
    probe_set('queue/redis', [
        'host' => (string) probe_setting($probe, 'database.redis.default.host', '127.0.0.1'),
        'port' => (int) probe_setting($probe, 'database.redis.default.port', 6379),
        'answers' => $answers,
    ]);
}
