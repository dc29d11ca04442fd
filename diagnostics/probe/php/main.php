<?php
// The program: what it is given, and its sections in the order in which they run.
// php -- ROOT KIND WEBUSER SECONDS FPM (the folder with its php.ini, or nothing); $probe_company_key, $probe_peer,
// $probe_app_url, $probe_certificates, $probe_pool (the pool's own settings) and $probe_salt stand before it.

$probe = new stdClass();
$probe->root = isset($argv[1]) ? rtrim($argv[1], '/') : '';
$probe->kind = isset($argv[2]) && in_array($argv[2], ['v4', 'v5'], true) ? $argv[2] : '';
$probe->peer = isset($probe_peer) ? rtrim($probe_peer, '/') : '';
$probe->app_url = isset($probe_app_url) ? rtrim($probe_app_url, '/') : '';
$probe->deadline = microtime(true) + max(2, isset($argv[4]) ? (int) $argv[4] : 20) - 1;
$probe->company_key = isset($probe_company_key) ? $probe_company_key : '';
$probe->fpm = isset($argv[5]) ? $argv[5] : '';
$probe->pool = isset($probe_pool) ? $probe_pool : [];
$probe->salt = isset($probe_salt) ? $probe_salt : '';
$probe->certificates = isset($probe_certificates) ? $probe_certificates : [];
$probe->secrets = [];
$probe->settings = [];
$probe->cache = null;
$probe->env = null;
$probe->configured = false;
$probe->sites = [];
$probe->unconfigured = "the application's settings are not known";
$probe->buffers = ob_get_level();
$probe->section = null;

$probe->sections = [['php/cli', 'probe_cli', false], [[], 'probe_web', false]];
if ($probe->kind !== '') {
    array_push(
        $probe->sections,
        ['tls/php_bundle', 'probe_php_bundle', false],
        ['tls/files', 'probe_certificate_files', false],
        ['config', 'probe_effective_config', false],
        [['http', 'tls/sites', 'exposure'], 'probe_start_asking', true],
        ['mail', 'probe_mail', true],
        [['queue/driver', 'queue/retry_after', 'queue/internal'], 'probe_queue', true],
        ['queue/redis', 'probe_queue_redis', true],
        [['database', 'time/database_offset_seconds'], 'probe_database', true],
        ['migration/cache', 'probe_migration_cache', true],
        ['queue/mutex_age_seconds', 'probe_mutex', true],
        ['mail/connects', 'probe_mail_connects', true],
        ['http', 'probe_http', true],
        ['tls/sites', 'probe_tls', true],
        ['exposure', 'probe_exposure', true]
    );
}
// A warning is no reason to print; a fault that PHP lets an application raise is one to stop that section.
set_error_handler(function ($type, $message) {
    if ($type === E_USER_ERROR || $type === E_RECOVERABLE_ERROR) { throw new ErrorException($message); }
    return true;
});
register_shutdown_function('probe_ended', $probe);
probe_run($probe);
