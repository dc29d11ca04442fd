<?php

if (! defined('NINJA_VERSION')) {
    define('NINJA_VERSION', '4.5.50' . env('NINJA_VERSION_SUFFIX'));

    define('INVOICE_TYPE_STANDARD', 1);
    define('INVOICE_TYPE_QUOTE', 2);

    define('INVOICE_STATUS_SENT', 2);
    define('PAYMENT_STATUS_VOIDED', 2);
    define('PAYMENT_STATUS_FAILED', 3);

    define('RANDOM_KEY_LENGTH', 32);
    define('MAX_FAILED_LOGINS', 10);
    define('ERROR_DELAY', 3);
}
