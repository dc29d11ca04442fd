#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import php_db
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_query
short_description: Read from the database of Invoice Ninja V4 or V5
description:
  - Runs SELECT and SHOW statements in one READ ONLY transaction, by the host's PHP, with the application's own settings
    (the cached configuration where there is one, otherwise C(.env)). No password leaves the host.
  - Run it as the web user.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  queries:
    description: Names, and one SELECT or SHOW statement for each.
    type: dict
    required: true
  row_limit:
    description: How many rows of each result are returned.
    type: int
    default: 1000
  timeout:
    description: Seconds for all queries together.
    type: int
    default: 60
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Count V4's invoices
  ninja_query:
    root: /var/www/invoiceninja
    queries:
      invoices: SELECT COUNT(*) AS n FROM invoices WHERE invoice_type_id = 1
  become: true
  become_user: www-data
  register: v4_counts
"""

RETURN = """
rows:
  description: The rows of each query; a DECIMAL is text, so that no cent is lost.
  returned: success
  type: dict
  sample: {"invoices": [{"n": 64}]}
cut:
  description: The names of the queries with more rows than O(row_limit).
  returned: success
  type: list
  elements: str
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
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "queries": {"type": "dict", "required": True},
            "row_limit": {"type": "int", "default": php_db.ROW_LIMIT},
            "timeout": {"type": "int", "default": int(php_db.TIMEOUT)},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        result = php_db.query(
            Path(args["root"]), args["queries"], args["php"], args["row_limit"], timeout=args["timeout"]
        )
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
