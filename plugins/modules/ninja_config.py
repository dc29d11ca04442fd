#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import app_config
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_config
short_description: Read the effective configuration of Invoice Ninja V5
description:
  - Says which values V5 uses. A cached configuration (C(php artisan optimize)) beats C(.env); the result C(differs)
    names the keys for which it does so with another value.
  - Only keys of a fixed list can be asked for, none of them a secret. Run it as the web user.
options:
  root:
    description: V5's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  keys:
    description: Keys as in Laravel's C(config()), for example C(queue.default).
    type: list
    elements: str
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
- name: Read V5's effective configuration
  ninja_config:
    root: /var/www/invoiceninja
    keys: [queue.default, ninja.expanded_logging]
  become: true
  become_user: www-data
  register: v5_config
"""

RETURN = """
values:
  description: The keys and the values that V5 uses.
  returned: success
  type: dict
  sample: {"queue.default": "database"}
cached:
  description: Whether a cached configuration is in force.
  returned: success
  type: bool
source:
  description: The file that the values come from.
  returned: success
  type: str
differs:
  description: All known keys for which the cached configuration overrules another value in C(.env).
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
            "keys": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        result = app_config.effective(Path(args["root"]), args["keys"], args["php"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
