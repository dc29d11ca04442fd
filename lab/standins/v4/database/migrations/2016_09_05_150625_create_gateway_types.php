<?php return <<<'SQL'
CREATE TABLE gateway_types (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  alias varchar(255) NOT NULL,
  name varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE account_gateway_settings (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  account_id int(10) unsigned NOT NULL,
  user_id int(10) unsigned NOT NULL,
  gateway_type_id int(10) unsigned,
  updated_at timestamp NULL DEFAULT NULL,
  min_limit int(10) unsigned,
  max_limit int(10) unsigned,
  fee_amount decimal(13,2),
  fee_percent decimal(13,3),
  fee_tax_name1 varchar(255),
  fee_tax_name2 varchar(255),
  fee_tax_rate1 decimal(13,3),
  fee_tax_rate2 decimal(13,3),
  PRIMARY KEY (id),
  KEY account_gateway_settings_account_id_foreign (account_id),
  KEY account_gateway_settings_user_id_foreign (user_id),
  KEY account_gateway_settings_gateway_type_id_foreign (gateway_type_id),
  CONSTRAINT account_gateway_settings_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_settings_gateway_type_id_foreign FOREIGN KEY (gateway_type_id) REFERENCES gateway_types (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_settings_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
