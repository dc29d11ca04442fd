"""What the linter finds: one problem a fault, in the order in which the importer would meet them."""

from __future__ import annotations

from typing import NamedTuple

FAIL, WARN = "fail", "warn"

# Every problem's stable id, and what it means in a line; docs/lint-export.md has a section for each.
CATALOGUE = {
    "archive-empty": "the file is empty",
    "archive-broken": "V5 cannot open the zip",
    "archive-no-member": "the zip holds no migration.json that V5 can read",
    "archive-damaged": "the zip's data are damaged",
    "archive-bomb": "the zip unpacks to far more than any export",
    "archive-extra-files": "the zip holds more than migration.json",
    "export-empty": "migration.json is empty",
    "export-truncated": "migration.json is cut short",
    "export-not-json": "migration.json is not JSON",
    "export-not-utf8": "migration.json is not UTF-8",
    "export-too-deep": "migration.json is nested deeper than PHP reads",
    "export-wrong-shape": "migration.json is no object",
    "export-no-data": "migration.json has no data",
    "duplicate-key": "a part of the export is there twice",
    "resource-missing": "a part of the export is missing",
    "resource-wrong-type": "a part of the export is no list",
    "record-wrong-type": "something stands in the place of a record",
    "key-missing": "a record lacks a field that V5 reads",
    "columns-differ": "payment terms have different fields",
    "column-unknown": "a record has a field that V5's table does not have",
    "contacts-missing": "a client has no field for its contacts",
    "company-key-missing": "the company has no key",
    "reference-missing": "a record points to something that the export does not hold",
    "reference-null": "a record points to nothing where V5 needs something",
    "required-null": "a value is missing that V5's database demands",
    "value-missing": "a value is missing that V5's validation demands",
    "value-invalid": "V5's validation refuses a value",
    "value-nested": "a list stands where V5 takes one value",
    "value-wrong-type": "a value has a type that V5 cannot use",
    "settings-invalid": "V5 refuses a setting of the company",
    "email-invalid": "V5 refuses a user's e-mail",
    "email-duplicate": "two users have one e-mail",
    "number-duplicate": "two records have one number",
    "number-invalid": "V5 calculates with something that is no number",
    "date-invalid": "V5 cannot read a date",
    "lookup-unknown": "a foreign key of V5's database points to nothing",
    "currency-unknown": "V5 does not know a currency, and asks for its rate",
    "timezone-unknown": "V5 does not know the company's time zone",
    "timezone-changed": "the company's time zone becomes another",
    "language-changed": "a language becomes another",
    "value-cut": "a text is too long for V5's column",
    "value-changed": "a text stands where V5 keeps a number",
    "date-lost": "V5 keeps no such date",
    "number-changed": "V5 changes a number",
    "setting-unknown": "V5 does not know a setting's value",
    "user-merged": "V5 makes one of two users",
    "user-without-company": "a user arrives without access",
    "client-without-contact": "V5 gives a client an empty contact",
    "credit-amount-changed": "a credit's amount becomes its balance",
    "amount-changed": "V5 adds an amount up anew",
    "balance-changed": "the payments in the export are not what V4 says was paid",
    "paid-twice": "what was paid of the first invoice counts twice",
    "recurring-link-lost": "an invoice loses its link to the recurring invoice",
    "quote-link-lost": "a quote loses its link to the invoice",
    "line-items-lost": "an invoice arrives without its lines",
    "invitation-contact-foreign": "an invitation belongs to another client's contact",
    "invitation-dropped": "a second invitation for one contact ends",
    "payment-unapplied": "a payment arrives without its invoice",
    "payment-split-changed": "a payment counts in full on each of its invoices",
    "payment-gateway-lost": "a payment forgets its gateway",
    "document-lost": "an attachment does not arrive",
    "document-unreachable": "V5 cannot fetch an attachment",
    "document-unattached": "an attachment hangs on nothing",
    "logo-unreachable": "V5 cannot fetch the logo",
    "soft-deleted": "a row that V4 only marks as deleted travels too",
    "more-of-a-kind": "there are more problems of a kind than are listed",
}


class Place(NamedTuple):
    """Where in the import: the resource's rank, the record, and the importer's step with it. Validation is record
    -1.
    """

    rank: int
    record: int
    step: int


class Problem(NamedTuple):
    """One fault.

    place: when the importer meets it; id: its stable name (docs/lint-export.md); severity: ``fail`` ends the import,
    ``warn`` loses or changes something; resource: as in the export, None for the file as a whole; v4_id: the row in V4,
    where the export has it; detail: a sentence with what a person recognises the row by; remedy: how V4 is mended, see
    remedies.py; message: the importer's own words.
    """

    place: Place
    id: str
    severity: str
    resource: str | None
    v4_id: int | str | None
    detail: str
    remedy: tuple = ()
    message: str = ""
