#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover import company
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v5_company_off
short_description: Switch a company of V5 off, in its database
description:
  - For the way back to V4, when V5's web server or its owner's password may not work. V5 reads C(is_disabled) from its
    database whenever it would send something. Run it as the web user.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  company_key:
    description: The company's key.
    type: str
    required: true
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Switch the company off
  v5_company_off:
    root: /var/www/invoiceninja
    company_key: abc
  become: true
  become_user: www-data
"""

RETURN = """
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
            "company_key": {"type": "str", "required": True, "no_log": False},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        changed = company.switch_off(Path(args["root"]), args["php"], args["company_key"], module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
