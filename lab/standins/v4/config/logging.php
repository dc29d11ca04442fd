<?php

return ['default' => env('LOG_CHANNEL', env('LOG', 'stack'))];
