#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import backup_proof
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_backup_proof
short_description: Prove a backup by comparing all of it with the application
description:
  - Without O(backup), returns a fingerprint (rows and a sum) of every table of the application's database.
  - With O(backup), loads the backup's dump into a scratch database, compares every table with the application's, and
    compares every file with the disk. Where nobody may create a database, the rows in the dump are counted instead.
  - Run it as root.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  backup:
    description: The directory of the backup.
    type: path
    default: ""
  against:
    description: The directory of a proven backup; only says which tables are no longer as they are in it.
    type: path
    default: ""
  before:
    description: The fingerprint from before the backup was taken; a table may have changed while it was.
    type: dict
    default: {}
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Remember what is in the database
  ninja_backup_proof:
    root: /var/www/invoiceninja
  register: v4_before

- name: Prove the backup
  ninja_backup_proof:
    root: /var/www/invoiceninja
    backup: /var/backups/ninjalift/v4-20261123T120000Z
    before: "{{ v4_before.fingerprint }}"
"""

RETURN = """
fingerprint:
  description: For every table the number of rows and a sum over them.
  returned: when O(against) is not given
  type: dict
differs:
  description: The tables that are no longer as in the backup.
  returned: when O(against) is given
  type: list
  elements: str
proof:
  description: V(restored) where every row was compared, V(counted) where the rows in the dump were counted.
  returned: when O(backup) is given
  type: str
tables:
  description: How many tables were compared.
  returned: when O(backup) is given
  type: int
rows:
  description: How many rows they have.
  returned: when O(backup) is given
  type: int
files:
  description: How many files were found equal.
  returned: when O(backup) is given
  type: int
changed_files:
  description: How many files were written or removed since the backup.
  returned: when O(backup) is given
  type: int
error_id:
  description: The stable name of the failure.
  returned: failure
  type: str
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "backup": {"type": "path", "default": ""},
            "against": {"type": "path", "default": ""},
            "before": {"type": "dict", "default": {}},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        if args["against"]:
            result = {"differs": backup_proof.differs(Path(args["root"]), Path(args["against"]))}
        elif args["backup"]:
            result = backup_proof.prove(Path(args["root"]), Path(args["backup"]), args["before"])
        else:
            result = {"fingerprint": backup_proof.live(Path(args["root"]))}
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
