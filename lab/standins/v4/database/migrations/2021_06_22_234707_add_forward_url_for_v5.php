<?php return <<<'SQL'
ALTER TABLE account_email_settings
  ADD forward_url_for_v5 text NOT NULL DEFAULT '',
  ADD is_disabled tinyint(1) NOT NULL DEFAULT 0;
SQL;
