<?php

define('LARAVEL_START', microtime(true));

if (PHP_SAPI === 'cli-server') {
    $file = __DIR__ . urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
    if (is_file($file)) {
        return false;
    }
}

require __DIR__ . '/../vendor/autoload.php';

$app = require __DIR__ . '/../bootstrap/app.php';

$app->make('Illuminate\\Contracts\\Http\\Kernel')->handle(Illuminate\Http\Request::capture())->send();
