-- Makes of a small V4 company one with every kind of record: drafts, archived and deleted rows, failed and refunded payments,
-- discounts, taxes, doubled numbers, several contacts. A real V4 4.5.50 and a real V5 5.10.17 were asked about the same rows.
SET FOREIGN_KEY_CHECKS=0; SET sql_mode='';
-- invoices of many kinds (ids by order)
SET @i:=0;
CREATE TEMPORARY TABLE n AS SELECT id, (@i:=@i+1) AS k FROM invoices WHERE invoice_type_id=1 AND is_recurring=0 ORDER BY id;
UPDATE invoices i JOIN n ON n.id=i.id SET i.is_public=0, i.invoice_status_id=1, i.balance=i.amount WHERE n.k=3;
DELETE p FROM payments p JOIN n ON n.id=p.invoice_id WHERE n.k IN (3,4,5);
UPDATE invoices i JOIN n ON n.id=i.id SET i.invoice_status_id=3, i.balance=i.amount WHERE n.k=4;
UPDATE invoices i JOIN n ON n.id=i.id SET i.invoice_status_id=2, i.balance=i.amount, i.due_date=NULL, i.partial=1.00, i.partial_due_date='2026-12-01', i.po_number='PO "7"', i.terms='Zahlbar in 14 Tagen ü', i.invoice_footer='Fuß', i.private_notes='geheim', i.public_notes='offen' WHERE n.k=5;
UPDATE invoices i JOIN n ON n.id=i.id SET i.deleted_at='2026-11-01 00:00:00' WHERE n.k=6;
UPDATE invoices i JOIN n ON n.id=i.id SET i.deleted_at='2026-11-01 00:00:00', i.is_deleted=1 WHERE n.k=7;
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.deleted_at='2026-11-01 00:00:00', p.is_deleted=1 WHERE n.k=7;
-- paid in full
UPDATE payments p JOIN n ON n.id=p.invoice_id JOIN invoices i ON i.id=n.id SET p.amount=i.amount WHERE n.k=8;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=0, i.invoice_status_id=6 WHERE n.k=8;
-- a deleted payment: V4 gives the balance back
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.is_deleted=1, p.deleted_at='2026-11-02' WHERE n.k=9;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=i.amount, i.invoice_status_id=2 WHERE n.k=9;
-- a voided one
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.payment_status_id=2 WHERE n.k=10;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=i.amount, i.invoice_status_id=2 WHERE n.k=10;
-- a failed one, a pending one
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.payment_status_id=3 WHERE n.k=11;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=i.amount, i.invoice_status_id=2 WHERE n.k=11;
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.payment_status_id=1 WHERE n.k=12;
-- partly refunded, refunded
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.payment_status_id=5, p.refunded=0.10 WHERE n.k=13;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=i.balance+0.10 WHERE n.k=13;
UPDATE payments p JOIN n ON n.id=p.invoice_id SET p.payment_status_id=6, p.refunded=p.amount WHERE n.k=14;
UPDATE invoices i JOIN n ON n.id=i.id SET i.balance=i.amount, i.invoice_status_id=2 WHERE n.k=14;
-- discount of 10 %, amount discount, taxes, surcharge with tax on one's own lines
DELETE t FROM invoice_items t JOIN n ON n.id=t.invoice_id WHERE n.k IN (15,16,4);
INSERT INTO invoice_items (account_id,user_id,invoice_id,created_at,updated_at,product_key,notes,cost,qty,tax_name1,tax_rate1,tax_name2,tax_rate2,public_id,discount,invoice_item_type_id,custom_value1)
 SELECT account_id,user_id,i.id,NOW(),NOW(),'Widget <script>alert(1)</script>','Ümlaut & "q" 100%\nzeile 2',3.3333,3,'VAT',20,'',0,9000+n.k,5,1,'cv' FROM invoices i JOIN n ON n.id=i.id WHERE n.k IN (15,16,4);
INSERT INTO invoice_items (account_id,user_id,invoice_id,created_at,updated_at,product_key,notes,cost,qty,tax_name1,tax_rate1,tax_name2,tax_rate2,public_id,discount,invoice_item_type_id)
 SELECT account_id,user_id,i.id,NOW(),NOW(),'Hours','',0.0725,12.25,'GST',7.5,'VAT',20,9100+n.k,0,2 FROM invoices i JOIN n ON n.id=i.id WHERE n.k IN (15,16,4);
INSERT INTO invoice_items (account_id,user_id,invoice_id,created_at,updated_at,deleted_at,product_key,notes,cost,qty,tax_name1,tax_rate1,tax_name2,tax_rate2,public_id,discount,invoice_item_type_id)
 SELECT account_id,user_id,i.id,NOW(),NOW(),NOW(),'Gone','',1,1,'',0,'',0,9200+n.k,0,1 FROM invoices i JOIN n ON n.id=i.id WHERE n.k IN (15);
UPDATE invoices i JOIN n ON n.id=i.id SET i.discount=10, i.is_amount_discount=0, i.tax_name1='State', i.tax_rate1=6.25, i.custom_value1=5.00, i.custom_taxes1=1 WHERE n.k=15;
UPDATE invoices i JOIN n ON n.id=i.id SET i.discount=2, i.is_amount_discount=1, i.custom_text_value1='text', i.custom_value2=1.50 WHERE n.k=16;
UPDATE invoices i JOIN n ON n.id=i.id SET i.invoice_design_id=11 WHERE n.k=2;
-- clients
SET @c:=0; CREATE TEMPORARY TABLE m AS SELECT id, (@c:=@c+1) AS k FROM clients ORDER BY id;
UPDATE clients c JOIN m ON m.id=c.id SET id_number='K-1', currency_id=3, language_id=3, public_notes='steht drauf', task_rate=55.5, vat_number='DE1', country_id=276, shipping_address1='Ship 1', custom_value1='x' WHERE m.k=1;
UPDATE clients c JOIN m ON m.id=c.id SET id_number=' k-1 ', website='https://e.test' WHERE m.k=2;
UPDATE clients c JOIN m ON m.id=c.id SET deleted_at='2026-11-01', id_number='0' WHERE m.k=3;
UPDATE clients c JOIN m ON m.id=c.id SET deleted_at='2026-11-01', is_deleted=1, id_number='0001' WHERE m.k=4;
UPDATE contacts k JOIN m ON m.id=k.client_id SET k.email=CONCAT(' ',k.email,' '), k.phone='1', k.send_invoice=0 WHERE m.k=1;
INSERT INTO contacts (account_id,user_id,client_id,created_at,updated_at,is_primary,send_invoice,first_name,last_name,email,public_id,contact_key) SELECT account_id,user_id,id,NOW(),NOW(),0,1,'Zweite','Person',NULL,9301,'aaaabbbbccccddddeeeeffffgggghhhh' FROM clients WHERE id=(SELECT id FROM m WHERE k=1);
INSERT INTO contacts (account_id,user_id,client_id,created_at,updated_at,deleted_at,is_primary,send_invoice,first_name,last_name,email,public_id,contact_key) SELECT account_id,user_id,id,NOW(),NOW(),NOW(),1,1,'Weg','Person','weg@e.test',9302,'bbbbbbbbccccddddeeeeffffgggghhhh' FROM clients WHERE id=(SELECT id FROM m WHERE k=2);
-- invitations: a second contact of an invoice, a doubled one, none at all
INSERT INTO invitations (account_id,user_id,contact_id,invoice_id,invitation_key,created_at,updated_at,public_id) SELECT i.account_id,i.user_id,(SELECT id FROM contacts WHERE contact_key='aaaabbbbccccddddeeeeffffgggghhhh'),i.id,'inv2222222222222222222222222222a',NOW(),NOW(),9401 FROM invoices i WHERE i.client_id=(SELECT id FROM m WHERE k=1) AND i.invoice_type_id=1 LIMIT 1;
DELETE v FROM invitations v JOIN n ON n.id=v.invoice_id WHERE n.k=12;
-- vendors, products, expenses, tasks, statuses, projects, users
UPDATE vendors SET id_number='V1' ORDER BY id LIMIT 2;
UPDATE vendors SET deleted_at=NOW(), is_deleted=1 ORDER BY id DESC LIMIT 1;
UPDATE products SET deleted_at=NOW() ORDER BY id LIMIT 1;
UPDATE products SET notes='', cost=1234.5678, qty=0, tax_name1='VAT', tax_rate1=20 ORDER BY id DESC LIMIT 1;
UPDATE expenses SET deleted_at=NOW(), is_deleted=1 ORDER BY id LIMIT 1;
UPDATE expenses SET payment_date='2026-10-01', payment_type_id=4, transaction_reference='TR', expense_currency_id=3, invoice_currency_id=2, exchange_rate=1.2345, tax_name1='VAT', tax_rate1=20, should_be_invoiced=1 ORDER BY id DESC LIMIT 2;
INSERT INTO task_statuses (user_id,account_id,created_at,updated_at,name,sort_order,public_id) SELECT id,account_id,NOW(),NOW(),'Backlog',0,9501 FROM users LIMIT 1;
INSERT INTO task_statuses (user_id,account_id,created_at,updated_at,name,sort_order,public_id) SELECT id,account_id,NOW(),NOW(),'Warten',1,9502 FROM users LIMIT 1;
UPDATE tasks SET task_status_id=(SELECT id FROM task_statuses WHERE name='Warten' LIMIT 1), is_running=1, custom_value1='tc' ORDER BY id LIMIT 1;
UPDATE tasks SET time_log=NULL, deleted_at=NOW() ORDER BY id DESC LIMIT 1;
UPDATE projects SET due_date='2027-01-01', budgeted_hours=12.5, task_rate=80, private_notes='p', deleted_at=NOW() ORDER BY id LIMIT 1;
INSERT INTO users (account_id,created_at,updated_at,deleted_at,first_name,last_name,username,email,password,registered,confirmed,public_id,permissions) SELECT account_id,NOW(),NOW(),NOW(),'Alt','Mann','alt@e.test','alt@e.test',password,1,1,7,'' FROM users LIMIT 1;
INSERT INTO users (account_id,created_at,updated_at,first_name,last_name,phone,username,email,password,registered,confirmed,public_id,permissions) SELECT account_id,NOW(),NOW(),'Neu','Frau','+49 1','neu@e.test','other@e.test',password,1,1,8,'' FROM users LIMIT 1;
INSERT INTO payment_terms (num_days,name,user_id,account_id,public_id,created_at,updated_at) SELECT 45,'45',id,account_id,9601,NOW(),NOW() FROM users LIMIT 1;
-- quotes
SET @q:=0; CREATE TEMPORARY TABLE q AS SELECT id, (@q:=@q+1) AS k FROM invoices WHERE invoice_type_id=2 ORDER BY id;
UPDATE invoices i JOIN q ON q.id=i.id SET i.is_public=0, i.invoice_status_id=1 WHERE q.k=2;
UPDATE invoices i JOIN q ON q.id=i.id SET i.invoice_status_id=4 WHERE q.k=3;
UPDATE invoices i JOIN q ON q.id=i.id SET i.quote_invoice_id=(SELECT id FROM n WHERE k=5), i.balance=0 WHERE q.k=4;
UPDATE invoices i JOIN q ON q.id=i.id SET i.deleted_at=NOW(), i.is_deleted=1 WHERE q.k=5;
UPDATE invoices i JOIN q ON q.id=i.id SET i.invoice_status_id=3 WHERE q.k=6;
-- recurring invoices: copies of one
INSERT INTO invoices (client_id,user_id,account_id,invoice_status_id,created_at,updated_at,invoice_number,discount,po_number,invoice_date,due_date,terms,public_notes,is_recurring,frequency_id,start_date,end_date,tax_name1,tax_rate1,amount,balance,public_id,invoice_design_id,invoice_type_id,auto_bill,tax_name2,tax_rate2,is_public,invoice_footer)
 SELECT client_id,user_id,account_id,2,NOW(),NOW(),CONCAT('R9',k),0,'',invoice_date,IF(k=1,'1998-01-15',NULL),'','',1,k,'2026-01-01',IF(k=2,'2026-02-01',NULL),'',0,amount,amount,9700+k,1,1,k,'',0,IF(k=3,0,1),'' FROM invoices i JOIN n ON n.id=i.id WHERE n.k IN (1,2,3,4);
INSERT INTO invoice_items (account_id,user_id,invoice_id,created_at,updated_at,product_key,notes,cost,qty,tax_name1,tax_rate1,tax_name2,tax_rate2,public_id,discount,invoice_item_type_id)
 SELECT account_id,user_id,id,NOW(),NOW(),'Abo','monatlich',amount,1,'',0,'',0,public_id,0,1 FROM invoices WHERE invoice_number LIKE 'R9%';
INSERT INTO invitations (account_id,user_id,contact_id,invoice_id,invitation_key,created_at,updated_at,public_id) SELECT i.account_id,i.user_id,(SELECT MIN(id) FROM contacts WHERE client_id=i.client_id),i.id,CONCAT('recurkey',LPAD(i.id,24,'0')),NOW(),NOW(),9800+i.id FROM invoices i WHERE invoice_number LIKE 'R9%';
-- credits
INSERT INTO credits (account_id,client_id,user_id,created_at,updated_at,deleted_at,is_deleted,amount,balance,credit_date,credit_number,private_notes,public_id,public_notes) SELECT account_id,id,user_id,NOW(),NOW(),IF(k=2,NOW(),NULL),IF(k=3,1,0),10*k,IF(k=4,0,10*k),'2026-03-01',IF(k=1,NULL,CONCAT('CR',k)),'pn',9900+k,'pub' FROM clients c JOIN m USING (id);
-- settings
UPDATE accounts SET timezone_id=36, share_counter=0, currency_id=3, country_id=276, language_id=3, date_format_id=4, name='Müller & Söhne', payment_terms=-1, invoice_terms='T', token_billing_type_id=2, enable_reminder1=1, num_days_reminder1=5, direction_reminder1=2, field_reminder1=2, custom_fields='{"client1":"Kd","account1":"Konto","invoice_text1":"Text","invoice1":"Porto"}', custom_messages='{"dashboard":"Hallo"}', financial_year_start='2000-04-01', start_of_week=1, tax_name1='VAT', tax_rate1=20, task_rate=75.5, invoice_number_counter=120, invoice_number_pattern='{$year}-{$counter}', email_footer='<b>Gruß</b>', auto_archive_invoice=1, reset_counter_frequency_id=4, payment_type_id=2, all_pages_footer=1, inclusive_taxes=0;
UPDATE account_email_settings SET reply_to_email='r@e.test', email_subject_invoice='Rechnung $invoice', late_fee1_amount=5.5, late_fee1_percent=1.25;
