<?php return <<<'SQL'
ALTER TABLE companies ADD app_store_order_id varchar(255);
SQL;
