#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import hashed_ids
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v5_hashed_ids
short_description: Say by which ids the API of Invoice Ninja V5 knows rows of its database
description:
  - Hashes ids of rows as V5 does, with the salt of its effective configuration, which does not leave the host.
  - Run it as root or as the web user.
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
  ids:
    description: The ids of the rows.
    type: list
    elements: int
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
- name: Find the records
  v5_hashed_ids:
    root: /var/www/invoiceninja
    ids: [1, 2]
  register: records
"""

RETURN = """
hashed:
  description: The hashed id of each row, by the row's id as text.
  returned: success
  type: dict
  sample: {"1": "VolejRejNm"}
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
            "web_user": {"type": "str", "default": "www-data"},
            "ids": {"type": "list", "elements": "int", "required": True},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        hashed = hashed_ids.of_host(Path(args["root"]), args["ids"], args["php"], args["web_user"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, hashed=hashed)


if __name__ == "__main__":
    main()
