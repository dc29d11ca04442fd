<?php return <<<'SQL'
CREATE TABLE user_accounts (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  user_id1 int(10) unsigned,
  user_id2 int(10) unsigned,
  user_id3 int(10) unsigned,
  user_id4 int(10) unsigned,
  user_id5 int(10) unsigned,
  PRIMARY KEY (id),
  KEY user_accounts_user_id1_index (user_id1),
  KEY user_accounts_user_id2_index (user_id2),
  KEY user_accounts_user_id3_index (user_id3),
  KEY user_accounts_user_id4_index (user_id4),
  KEY user_accounts_user_id5_index (user_id5)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
SQL;
