<?php

return [
    'default' => env('DB_CONNECTION', 'mysql'),
    'connections' => [
        'mysql' => [
            'driver' => 'mysql',
            'host' => env('DB_HOST1', env('DB_HOST', '127.0.0.1')),
            'database' => env('DB_DATABASE1', env('DB_DATABASE', 'forge')),
            'username' => env('DB_USERNAME1', env('DB_USERNAME', 'forge')),
            'password' => env('DB_PASSWORD1', env('DB_PASSWORD', '')),
            'port' => env('DB_PORT1', env('DB_PORT', '3306')),
            'unix_socket' => env('DB_SOCKET1', env('DB_SOCKET', '')),
            'charset' => 'utf8mb4',
            'collation' => 'utf8mb4_unicode_ci',
            'prefix' => '',
            'prefix_indexes' => true,
            'strict' => env('DB_STRICT', false),
            'engine' => 'InnoDB',
        ],
    ],
    'migrations' => 'migrations',
];
