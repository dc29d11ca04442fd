<?php

require_once __DIR__ . '/composer/platform_check.php';

spl_autoload_register(function ($class) {
    $folders = array(
        'App\\' => __DIR__ . '/../app/',
        'Database\\Seeders\\' => __DIR__ . '/../database/seeders/',
        'Symfony\\Component\\' => __DIR__ . '/symfony/',
        'Illuminate\\' => __DIR__ . '/laravel/framework/src/Illuminate/',
    );
    foreach ($folders as $prefix => $folder) {
        if (strpos($class, $prefix) === 0) {
            $file = $folder . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
            }
        }
    }
});

require_once __DIR__ . '/laravel/framework/src/Illuminate/Foundation/helpers.php';
