<?php

/** Starts the application for the console and for the web: environment, errors, constants. */
require __DIR__ . '/../vendor/autoload.php';

if (! App\Support\Config::isCached()) {
    App\Support\Dotenv::load(base_path('.env'));
}
date_default_timezone_set(config('app.timezone'));
(new Illuminate\Foundation\Bootstrap\HandleExceptions())->bootstrap();
require __DIR__ . '/../app/Constants.php';
