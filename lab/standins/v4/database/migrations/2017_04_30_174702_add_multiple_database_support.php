<?php return <<<'SQL'
CREATE TABLE lookup_companies (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  db_server_id int(10) unsigned NOT NULL,
  company_id int(10) unsigned NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lookup_companies_db_server_id_company_id_unique (db_server_id,company_id),
  KEY lookup_companies_company_id_index (company_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lookup_accounts (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  lookup_company_id int(10) unsigned NOT NULL,
  account_key varchar(255) NOT NULL,
  subdomain varchar(255),
  PRIMARY KEY (id),
  UNIQUE KEY lookup_accounts_account_key_unique (account_key),
  UNIQUE KEY lookup_accounts_subdomain_unique (subdomain),
  KEY lookup_accounts_lookup_company_id_index (lookup_company_id),
  CONSTRAINT lookup_accounts_lookup_company_id_foreign FOREIGN KEY (lookup_company_id) REFERENCES lookup_companies (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lookup_users (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  lookup_account_id int(10) unsigned NOT NULL,
  email varchar(255),
  confirmation_code varchar(255),
  user_id int(10) unsigned NOT NULL,
  oauth_user_key varchar(255),
  referral_code varchar(255),
  PRIMARY KEY (id),
  UNIQUE KEY lookup_users_lookup_account_id_user_id_unique (lookup_account_id,user_id),
  UNIQUE KEY lookup_users_email_unique (email),
  UNIQUE KEY lookup_users_confirmation_code_unique (confirmation_code),
  UNIQUE KEY lookup_users_oauth_user_key_unique (oauth_user_key),
  UNIQUE KEY lookup_users_referral_code_unique (referral_code),
  KEY lookup_users_lookup_account_id_index (lookup_account_id),
  KEY lookup_users_user_id_index (user_id),
  CONSTRAINT lookup_users_lookup_account_id_foreign FOREIGN KEY (lookup_account_id) REFERENCES lookup_accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lookup_contacts (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  lookup_account_id int(10) unsigned NOT NULL,
  contact_key varchar(255) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lookup_contacts_contact_key_unique (contact_key),
  KEY lookup_contacts_lookup_account_id_index (lookup_account_id),
  CONSTRAINT lookup_contacts_lookup_account_id_foreign FOREIGN KEY (lookup_account_id) REFERENCES lookup_accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lookup_invitations (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  lookup_account_id int(10) unsigned NOT NULL,
  invitation_key varchar(255) NOT NULL,
  message_id varchar(255),
  PRIMARY KEY (id),
  UNIQUE KEY lookup_invitations_invitation_key_unique (invitation_key),
  UNIQUE KEY lookup_invitations_message_id_unique (message_id),
  KEY lookup_invitations_lookup_account_id_index (lookup_account_id),
  CONSTRAINT lookup_invitations_lookup_account_id_foreign FOREIGN KEY (lookup_account_id) REFERENCES lookup_accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lookup_account_tokens (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  lookup_account_id int(10) unsigned NOT NULL,
  token varchar(255) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lookup_tokens_token_unique (token),
  KEY lookup_tokens_lookup_account_id_index (lookup_account_id),
  CONSTRAINT lookup_tokens_lookup_account_id_foreign FOREIGN KEY (lookup_account_id) REFERENCES lookup_accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
