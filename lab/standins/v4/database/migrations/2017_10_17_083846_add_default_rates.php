<?php return <<<'SQL'
CREATE TABLE task_statuses (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  user_id int(10) unsigned NOT NULL,
  account_id int(10) unsigned NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  name varchar(255),
  sort_order smallint(6) NOT NULL DEFAULT 0,
  public_id int(10) unsigned NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY task_statuses_account_id_public_id_unique (account_id,public_id),
  KEY task_statuses_user_id_foreign (user_id),
  KEY task_statuses_account_id_index (account_id),
  KEY task_statuses_public_id_index (public_id),
  CONSTRAINT task_statuses_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT task_statuses_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
