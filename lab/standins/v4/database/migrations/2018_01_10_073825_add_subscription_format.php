<?php return <<<'SQL'
CREATE TABLE scheduled_reports (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  user_id int(10) unsigned NOT NULL,
  account_id int(10) unsigned NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  config text NOT NULL,
  frequency enum('daily','weekly','biweekly','monthly') NOT NULL,
  send_date date NOT NULL,
  public_id int(10) unsigned,
  ip varchar(255),
  PRIMARY KEY (id),
  UNIQUE KEY scheduled_reports_account_id_public_id_unique (account_id,public_id),
  KEY scheduled_reports_user_id_foreign (user_id),
  KEY scheduled_reports_account_id_index (account_id),
  CONSTRAINT scheduled_reports_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT scheduled_reports_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
