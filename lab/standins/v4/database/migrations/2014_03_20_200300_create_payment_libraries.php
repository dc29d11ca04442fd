<?php return <<<'SQL'
CREATE TABLE payment_libraries (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  name varchar(255) NOT NULL,
  visible tinyint(1) NOT NULL DEFAULT 1,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE gateways (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  name varchar(255) NOT NULL,
  provider varchar(255) NOT NULL,
  visible tinyint(1) NOT NULL DEFAULT 1,
  payment_library_id int(10) unsigned NOT NULL DEFAULT 1,
  sort_order int(10) unsigned NOT NULL DEFAULT 10000,
  recommended tinyint(1) NOT NULL DEFAULT 0,
  site_url varchar(200),
  is_offsite tinyint(1) NOT NULL,
  is_secure tinyint(1) NOT NULL,
  PRIMARY KEY (id),
  KEY gateways_payment_library_id_foreign (payment_library_id),
  CONSTRAINT gateways_payment_library_id_foreign FOREIGN KEY (payment_library_id) REFERENCES payment_libraries (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE account_gateways (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  account_id int(10) unsigned NOT NULL,
  user_id int(10) unsigned NOT NULL,
  gateway_id int(10) unsigned NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  config text NOT NULL,
  public_id int(10) unsigned NOT NULL,
  accepted_credit_cards int(10) unsigned,
  show_address tinyint(1) DEFAULT 1,
  update_address tinyint(1) DEFAULT 1,
  require_cvv tinyint(1) DEFAULT 1,
  show_shipping_address tinyint(1) DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY account_gateways_account_id_public_id_unique (account_id,public_id),
  KEY account_gateways_gateway_id_foreign (gateway_id),
  KEY account_gateways_user_id_foreign (user_id),
  KEY account_gateways_public_id_index (public_id),
  CONSTRAINT account_gateways_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT account_gateways_gateway_id_foreign FOREIGN KEY (gateway_id) REFERENCES gateways (id),
  CONSTRAINT account_gateways_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE account_gateway_tokens (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  account_id int(10) unsigned NOT NULL,
  contact_id int(10) unsigned NOT NULL,
  account_gateway_id int(10) unsigned NOT NULL,
  client_id int(10) unsigned NOT NULL,
  token varchar(255) NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  default_payment_method_id int(10) unsigned,
  PRIMARY KEY (id),
  KEY account_gateway_tokens_account_id_foreign (account_id),
  KEY account_gateway_tokens_contact_id_foreign (contact_id),
  KEY account_gateway_tokens_account_gateway_id_foreign (account_gateway_id),
  KEY account_gateway_tokens_client_id_foreign (client_id),
  KEY account_gateway_tokens_default_payment_method_id_foreign (default_payment_method_id),
  CONSTRAINT account_gateway_tokens_account_gateway_id_foreign FOREIGN KEY (account_gateway_id) REFERENCES account_gateways (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_tokens_account_id_foreign FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_tokens_client_id_foreign FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_tokens_contact_id_foreign FOREIGN KEY (contact_id) REFERENCES contacts (id) ON DELETE CASCADE,
  CONSTRAINT account_gateway_tokens_default_payment_method_id_foreign FOREIGN KEY (default_payment_method_id) REFERENCES payment_methods (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
