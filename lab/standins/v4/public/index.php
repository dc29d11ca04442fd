<?php

require __DIR__ . '/../bootstrap/app.php';

(new App\Http\Kernel())->handle(App\Http\Request::capture())->send();
