"""A hundred thousand invoices for scripts/bench: the same in V4's tables and, as the importer leaves them, in V5's."""

from __future__ import annotations

COUNT = 100_000
ALTERED = 4711  # one of them, by a cent

_AMOUNT = "20.5 + s.seq % 97"
_V4_CLIENT = "(SELECT MIN(id) FROM clients)"
_V5_CLIENT = "(SELECT MIN(id) FROM clients WHERE company_id = @company)"

V4 = f"""SET sql_mode = ''; SET FOREIGN_KEY_CHECKS = 0; SET UNIQUE_CHECKS = 0;
DELETE FROM invitations WHERE id > 1000000; DELETE FROM invoice_items WHERE id > 1000000;
DELETE FROM invoices WHERE id > 1000000;
INSERT INTO invoices (id, public_id, account_id, user_id, client_id, invoice_status_id, is_public, invoice_number,
    invoice_type_id, invoice_date, due_date, amount, balance, terms, public_notes, created_at, updated_at)
  SELECT 1000000 + s.seq, 1000000 + s.seq, 1, 1, {_V4_CLIENT}, 2, 1, CONCAT('B', LPAD(s.seq, 6, '0')), 1, '2026-03-01',
    '2026-03-31', {_AMOUNT}, {_AMOUNT}, 'Net 30', 'Thank you', NOW(), NOW() FROM seq_1_to_{COUNT} s;
INSERT INTO invoice_items (id, public_id, account_id, user_id, invoice_id, product_key, notes, cost, qty, created_at,
    updated_at)
  SELECT 1000000 + s.seq, 1000000 + s.seq, 1, 1, 1000000 + s.seq, 'Work', CONCAT('of day ', s.seq), 10 + s.seq % 97, 1,
    NOW(), NOW() FROM seq_1_to_{COUNT} s;
INSERT INTO invoice_items (id, public_id, account_id, user_id, invoice_id, product_key, notes, cost, qty, created_at,
    updated_at)
  SELECT 2000000 + s.seq, 2000000 + s.seq, 1, 1, 1000000 + s.seq, 'Travel', '', 5.25, 2, NOW(), NOW()
    FROM seq_1_to_{COUNT} s;
INSERT INTO invitations (id, public_id, account_id, user_id, contact_id, invoice_id, invitation_key, created_at,
    updated_at)
  SELECT 1000000 + s.seq, 1000000 + s.seq, 1, 1, (SELECT MIN(id) FROM contacts), 1000000 + s.seq,
    MD5(CONCAT('bench', s.seq)), NOW(), NOW() FROM seq_1_to_{COUNT} s;
"""  # noqa: S608

_LINE = '"discount":0,"tax_name1":"","tax_rate1":0,"tax_name2":"","tax_rate2":0,"tax_name3":"","tax_rate3":0,'
_LINE += '"custom_value1":"","custom_value2":"","type_id":"1"}'
V5 = f"""SET sql_mode = ''; SET FOREIGN_KEY_CHECKS = 0; SET UNIQUE_CHECKS = 0;
SET @company = (SELECT MAX(id) FROM companies); SET @client = {_V5_CLIENT};
SET @user = (SELECT user_id FROM clients WHERE id = @client);
DELETE FROM invoice_invitations WHERE id > 1000000; DELETE FROM invoices WHERE id > 1000000;
INSERT INTO invoices (id, company_id, user_id, client_id, status_id, number, date, due_date, amount, balance, terms,
    public_notes, line_items, created_at, updated_at)
  SELECT 1000000 + s.seq, @company, @user, @client, 2, CONCAT('B', LPAD(s.seq, 6, '0')), '2026-03-01', '2026-03-31',
    {_AMOUNT} + IF(s.seq = {ALTERED}, 0.01, 0), {_AMOUNT}, 'Net 30', 'Thank you',
    CONCAT('[{{"quantity":1,"cost":', 10 + s.seq % 97, ',"product_key":"Work","notes":"of day ', s.seq, '",{_LINE}',
      ',{{"quantity":2,"cost":5.25,"product_key":"Travel","notes":"",{_LINE}]'), NOW(), NOW() FROM seq_1_to_{COUNT} s;
INSERT INTO invoice_invitations (id, company_id, user_id, client_contact_id, invoice_id, `key`, created_at, updated_at)
  SELECT 1000000 + s.seq, @company, @user, (SELECT MIN(id) FROM client_contacts WHERE client_id = @client),
    1000000 + s.seq, MD5(CONCAT('bench', s.seq)), NOW(), NOW() FROM seq_1_to_{COUNT} s;
UPDATE clients SET balance = (SELECT SUM(balance) FROM invoices WHERE client_id = @client AND is_deleted = 0
    AND status_id > 1) WHERE id = @client;
"""  # noqa: S608
