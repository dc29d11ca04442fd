<?php

return [
    'env' => env('APP_ENV', 'production'),
    'debug' => env('APP_DEBUG', false),
    'url' => env('APP_URL', ''),
    'timezone' => env('APP_TIMEZONE', 'UTC'),
    'locale' => env('APP_LOCALE', 'en'),
    'key' => env('APP_KEY', 'SomeRandomStringSomeRandomString'),
    'cipher' => env('APP_CIPHER', 'AES-256-CBC'),
];
