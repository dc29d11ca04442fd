<?php

/** The stand-in's own class loader: one class a file, named like its class. */
spl_autoload_register(function (string $class): void {
    $roots = [
        'App\\' => __DIR__ . '/../app/',
        'GuzzleHttp\\' => __DIR__ . '/guzzlehttp/',
        'Illuminate\\' => __DIR__ . '/laravel/',
        'Symfony\\' => __DIR__ . '/symfony/',
    ];
    foreach ($roots as $prefix => $root) {
        if (strpos($class, $prefix) === 0) {
            $file = $root . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
            }
        }
    }
});

require __DIR__ . '/../app/helpers.php';
