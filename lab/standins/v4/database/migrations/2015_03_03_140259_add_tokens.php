<?php return <<<'SQL'
CREATE TABLE account_tokens (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  account_id int(10) unsigned NOT NULL,
  user_id int(10) unsigned NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  name varchar(255),
  token varchar(255) NOT NULL,
  public_id int(10) unsigned,
  PRIMARY KEY (id),
  UNIQUE KEY account_tokens_token_unique (token),
  UNIQUE KEY account_tokens_account_id_public_id_unique (account_id,public_id),
  KEY account_tokens_user_id_foreign (user_id),
  KEY account_tokens_account_id_index (account_id),
  CONSTRAINT account_tokens_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT account_tokens_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
