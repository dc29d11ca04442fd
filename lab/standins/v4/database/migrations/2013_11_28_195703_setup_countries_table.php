<?php return <<<'SQL'
CREATE TABLE countries (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  capital varchar(255),
  citizenship varchar(255),
  country_code varchar(3) NOT NULL DEFAULT '',
  currency varchar(255),
  currency_code varchar(255),
  currency_sub_unit varchar(255),
  full_name varchar(255),
  iso_3166_2 varchar(2) NOT NULL DEFAULT '',
  iso_3166_3 varchar(3) NOT NULL DEFAULT '',
  name varchar(255) NOT NULL DEFAULT '',
  region_code varchar(3) NOT NULL DEFAULT '',
  sub_region_code varchar(3) NOT NULL DEFAULT '',
  eea tinyint(1) NOT NULL DEFAULT 0,
  swap_postal_code tinyint(1) NOT NULL DEFAULT 0,
  swap_currency_symbol tinyint(1) NOT NULL DEFAULT 0,
  thousand_separator varchar(255),
  decimal_separator varchar(255),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE currencies (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  symbol varchar(255) NOT NULL,
  `precision` varchar(255) NOT NULL,
  thousand_separator varchar(255) NOT NULL,
  decimal_separator varchar(255) NOT NULL,
  code varchar(255) NOT NULL,
  swap_currency_symbol tinyint(1) NOT NULL DEFAULT 0,
  exchange_rate decimal(13,4),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE timezones (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  location varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE date_formats (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  format varchar(255) NOT NULL,
  picker_format varchar(255) NOT NULL,
  format_moment varchar(255),
  format_dart varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE datetime_formats (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  format varchar(255) NOT NULL,
  format_moment varchar(255) NOT NULL,
  format_dart varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE industries (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE sizes (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE languages (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  locale varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE frequencies (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  date_interval varchar(255),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE invoice_designs (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  javascript mediumtext,
  pdfmake mediumtext,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE invoice_statuses (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE payment_types (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  gateway_type_id int(10) unsigned,
  PRIMARY KEY (id),
  KEY payment_types_gateway_type_id_foreign (gateway_type_id),
  CONSTRAINT payment_types_gateway_type_id_foreign FOREIGN KEY (gateway_type_id) REFERENCES gateway_types (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE payment_statuses (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE payment_terms (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  num_days int(11) NOT NULL,
  name varchar(255) NOT NULL,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  user_id int(10) unsigned NOT NULL,
  account_id int(10) unsigned NOT NULL,
  public_id int(10) unsigned NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_terms_account_id_public_id_unique (account_id,public_id),
  KEY payment_terms_public_id_index (public_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE jobs (
  id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  queue varchar(255) NOT NULL,
  payload longtext NOT NULL,
  attempts tinyint(3) unsigned NOT NULL,
  reserved_at int(10) unsigned,
  available_at int(10) unsigned NOT NULL,
  created_at int(10) unsigned NOT NULL,
  PRIMARY KEY (id),
  KEY jobs_queue_reserved_at_index (queue,reserved_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE failed_jobs (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  connection text NOT NULL,
  queue text NOT NULL,
  payload longtext NOT NULL,
  exception longtext NOT NULL,
  failed_at timestamp NOT NULL DEFAULT current_timestamp(),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
