#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.export import manifest

DOCUMENTATION = """
---
module: ninja_export_manifest
short_description: Read a V4 export to its end and say what is in it
description:
  - Fails where V5 could not import the export (cut short, damaged, empty, of another company).
  - Needs the memory of one record, whatever the size of the export. Changes nothing.
options:
  path:
    description: The export (zip) on this machine.
    type: path
    required: true
  company_key:
    description: The account key that the export must have; empty for any.
    type: str
    default: ""
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Read the export back
  ninja_export_manifest:
    path: /var/www/invoiceninja/storage/migrations/abc-2026-01-31-invoiceninja.zip
    company_key: abc
  register: v4_export_read
"""

RETURN = """
manifest:
  description:
    - A dictionary with company_key, company_name, owner_email, v4_version, counts (per resource), sums (per resource
      and field, as text), documents (invoices, expenses, other, bytes), deleted, archived, bytes and json_bytes.
  returned: success
  type: dict
error_id:
  description: The stable name of the failure.
  returned: failure
  type: str
remedy:
  description: The command that mends it.
  returned: failure
  type: str
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "company_key": {"type": "str", "default": "", "no_log": False},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    path, wanted = module.params["path"], module.params["company_key"]
    try:
        found = manifest(path)
        if wanted and found["company_key"] != wanted:
            raise MigrationError(
                f"The export {path} is of the company {found['company_key']}, not of {wanted}",
                "./cli.py migrate CLIENT",
                "export-of-another-company",
            )
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(changed=False, manifest=found)


if __name__ == "__main__":
    main()
