#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import backup
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_backup
short_description: Back Invoice Ninja V4 or V5 up, or put a backup back
description:
  - Writes the database and files of an application into a directory, and reads all of it back.
  - The application's own settings give the login; no password leaves the host or is on a command line.
  - Run it as root.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  backup:
    description: The directory of the backup. One that exists is only read back again.
    type: path
    required: true
  state:
    description: Whether the backup is made, or its database or its files are put back in place of what is there.
    type: str
    choices: [present, database_restored, files_restored]
    default: present
  paths:
    description: What of O(root) is kept, relative to it; V(.) is everything.
    type: list
    elements: str
    default: [".env", "storage", "public/storage"]
  php:
    description: The PHP command line program.
    type: str
    default: php
  web_user:
    description: The user as whom the application's configuration is read.
    type: str
    default: www-data
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Back V5 up
  ninja_backup:
    root: /var/www/invoiceninja
    backup: /var/backups/ninjalift/v5-20261123T120000
"""

RETURN = """
backup:
  description: The directory of the backup.
  returned: success
  type: str
manifest:
  description: What the backup holds; application, database, paths, tables, files (their number), bytes, sha256.
  returned: when O(state=present)
  type: dict
tables:
  description: How many tables were put back.
  returned: when O(state=database_restored)
  type: int
files:
  description: How many files were put back.
  returned: when O(state=files_restored)
  type: int
error_id:
  description: The stable name of the failure.
  returned: failure
  type: str
"""


def run(module: AnsibleModule) -> dict:
    """Do what the state asks for and return the result; raises MigrationError."""
    args = module.params
    root, target = Path(args["root"]), Path(args["backup"])
    if args["state"] == "present":
        if target.exists():
            return {"changed": False, "manifest": backup.verify(target)}
        if module.check_mode:
            return {"changed": True}
        return {"changed": True, "manifest": backup.back_up(root, target, args["paths"], args["php"], args["web_user"])}
    if module.check_mode:
        backup.verify(target)
        return {"changed": True}
    if args["state"] == "database_restored":
        return {"changed": True, "tables": backup.restore_database(root, target, args["php"], args["web_user"])}
    return {"changed": True, "files": backup.restore_files(root, target)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "backup": {"type": "path", "required": True},
            "state": {
                "type": "str",
                "choices": ["present", "database_restored", "files_restored"],
                "default": "present",
            },
            "paths": {"type": "list", "elements": "str", "default": [".env", "storage", "public/storage"]},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except MigrationError as error:
        module.fail_json(**error.report())
    module.exit_json(backup=module.params["backup"], **result)


if __name__ == "__main__":
    main()
