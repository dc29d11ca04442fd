<?php return <<<'SQL'
UPDATE gateways SET payment_library_id = 2 WHERE provider = 'Cybersource';
SQL;
