<?php return <<<'SQL'
ALTER TABLE companies ADD is_migrated tinyint(1) NOT NULL DEFAULT 0;
SQL;
