#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.repair import v5_balances

DOCUMENTATION = """
---
module: v5_repair_balances
short_description: Write the amounts of a repair's plan into the database of Invoice Ninja V5
description:
  - Writes all of them in one transaction, each only if the record is still as the plan saw it, and gives the ledger of
    every client a row that brings it to the client's balance. A record that has its amounts already is passed over.
  - Run it as root or as the web user, after a backup.
options:
  root:
    description: V5's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  web_user:
    description: The account that V5 runs as.
    type: str
    default: www-data
  company_key:
    description: The key of the company, which is V4's.
    type: str
    required: true
  steps:
    description: The steps of the plan's part V(balances).
    type: list
    elements: dict
    required: true
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: none
"""

EXAMPLES = """
- name: Write V4's amounts
  v5_repair_balances:
    root: /var/www/invoiceninja
    company_key: "{{ account_key }}"
    steps: "{{ repair_plan.steps | selectattr('part', 'equalto', 'balances') }}"
"""

RETURN = """
written:
  description: How many records were changed.
  returned: success
  type: int
error_id:
  description: The stable name of the failure, as in C(changed-since-plan).
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
            "web_user": {"type": "str", "default": "www-data"},
            "company_key": {"type": "str", "required": True, "no_log": False},
            "steps": {"type": "list", "elements": "dict", "required": True},
            "client": {"type": "str", "default": ""},
        },
    )
    args = module.params
    try:
        written = v5_balances.apply(
            Path(args["root"]), args["company_key"], args["steps"], args["php"], args["web_user"]
        )
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=bool(written), written=written)


if __name__ == "__main__":
    main()
