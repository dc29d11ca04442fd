#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import lock
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: client_lock
short_description: Lock a client on its V5 host for the time of this run
description:
  - The action of the same name runs this module on the host, keeps the lock while C(ansible-playbook) runs, and gives
    it back when that has ended, however it ended. Used again in the same run, it does nothing.
  - A lock whose owner is gone is taken over; another one is waited for, for a moment, and then makes the task fail.
  - In check mode nothing is locked.
options:
  root:
    description: V5's directory. Two V5 on one host have a lock each.
    type: path
    required: true
  client:
    description: The client's name, for others to see.
    type: str
    required: true
  folder:
    description: Where the locks lie; a boot empties it.
    type: path
    default: /run/ninjalift
  wait:
    description: Seconds to wait for a lock of which it is not known yet whether its owner is gone.
    type: int
    default: 120
  owner:
    description: Who takes it; the action says it.
    type: dict
    default: {}
  instead_of:
    description: The token of an owner that is known to be gone; the action says it.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Lock the client
  client_lock:
    root: /var/www/invoiceninja
    client: client1
  become: true
"""

RETURN = """
taken:
  description: Whether the lock is this run's now.
  returned: success
  type: bool
again:
  description: Whether it was this run's before.
  returned: success
  type: bool
holder:
  description: Whose lock it is, with C(age) and C(silent) in seconds.
  returned: success
  type: dict
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "client": {"type": "str", "required": True},
            "folder": {"type": "path", "default": lock.FOLDER},
            "wait": {"type": "int", "default": 120},
            "owner": {"type": "dict", "default": {}},
            "instead_of": {"type": "str", "default": "", "no_log": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    if module.check_mode:
        module.exit_json(changed=False, taken=False, again=False, holder={})
    try:
        name = lock.name_of(given["root"])
        result = lock.take(Path(given["folder"]), name, given["owner"], given["instead_of"])
    except MigrationError as error:
        module.fail_json(**error.report(given["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
