<?php

/** The texts of V4 that the stand-in shows. */
return [
    'backlog' => 'Backlog',
    'balance' => 'Balance',
    'credit_balance' => 'Credit Balance',
    'cross_migration_message' => 'Cross account migration is not allowed. Please read more about it here: '
        . '<a href="https://invoiceninja.github.io/docs/migration/#troubleshooting">'
        . 'https://invoiceninja.github.io/docs/migration/#troubleshooting</a>',
    'done' => 'Done',
    'force_migration' => 'Force migration <b>**WARNING** This will overwrite any data you have on v5.</b>',
    'duplicate_post' => 'Warning: the previous page was submitted twice. The second submission had been ignored.',
    'in_progress' => 'In progress',
    'invalid_credentials' => 'These credentials do not match our records',
    'invoice_not_found' => 'The requested invoice is not available',
    'migration_went_wrong' => 'Oops, something went wrong! Please make sure you have setup an Invoice Ninja v5 instance '
        . 'before starting the migration.',
    'processed_updates' => 'Successfully completed update',
    'ready_to_do' => 'Ready to do',
    'token_expired' => 'Validation token was expired. Please try again.',
    'untitled' => 'Untitled',
    'untitled_account' => 'Untitled Company',
    'welcome_to_the_new_version' => 'Welcome to the new version of Invoice Ninja',
];
