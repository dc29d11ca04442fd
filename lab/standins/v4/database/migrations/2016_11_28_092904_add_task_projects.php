<?php return <<<'SQL'
CREATE TABLE projects (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  user_id int(10) unsigned NOT NULL,
  account_id int(10) unsigned NOT NULL,
  client_id int(10) unsigned,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  name varchar(255),
  is_deleted tinyint(1) NOT NULL DEFAULT 0,
  public_id int(10) unsigned NOT NULL,
  task_rate decimal(12,4) NOT NULL DEFAULT 0.0000,
  due_date date,
  private_notes text,
  budgeted_hours double(8,2) NOT NULL,
  custom_value1 text,
  custom_value2 text,
  PRIMARY KEY (id),
  UNIQUE KEY projects_account_id_public_id_unique (account_id,public_id),
  KEY projects_user_id_foreign (user_id),
  KEY projects_account_id_index (account_id),
  KEY projects_client_id_index (client_id),
  KEY projects_public_id_index (public_id),
  CONSTRAINT projects_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT projects_client_id_foreign FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE,
  CONSTRAINT projects_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
