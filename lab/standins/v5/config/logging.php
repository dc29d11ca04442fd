<?php

return [
    'default' => env('LOG_CHANNEL', 'stack'),
    'channels' => [
        'invoiceninja' => [
            'driver' => 'single',
            'path' => storage_path('logs/invoiceninja.log'),
            'level' => env('LOG_LEVEL', 'debug'),
            'days' => 7,
        ],
        'stack' => ['driver' => 'stack', 'channels' => ['single'], 'ignore_exceptions' => false, 'days' => 7],
        'single' => ['driver' => 'single', 'path' => storage_path('logs/laravel.log'), 'level' => env('LOG_LEVEL', 'debug')],
        'daily' => [
            'driver' => 'daily',
            'path' => storage_path('logs/laravel.log'),
            'level' => env('LOG_LEVEL', 'debug'),
            'days' => 14,
        ],
    ],
];
