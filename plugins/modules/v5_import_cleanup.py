#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import cleanup
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v5_import_cleanup
short_description: Remove what an import left on the Invoice Ninja V5 host
description:
  - Removes the company's archive, which upstream leaves readable for everybody below C(public/storage/migrations), its
    unpacked export, and its StartMigration jobs since the marker. Reports blank companies of this try, and leaves them.
  - Run it after the worker has ended, as root or as the web user.
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
    description: V4's account key, which the archive's name begins with.
    type: str
    required: true
  marker:
    description: What M(v5_import_worker) returned; without it only files, and jobs parked in a gone worker's queue.
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
- name: Remove what the import left
  v5_import_cleanup:
    root: /var/www/invoiceninja
    company_key: "{{ company_key }}"
    marker: "{{ import_worker.marker }}"
  become: true
"""

RETURN = """
removed_files:
  description: The archives and unpacked exports that were removed.
  returned: success
  type: list
  elements: str
removed_jobs:
  description: The ids of the jobs that were removed.
  returned: success
  type: list
  elements: int
blank_companies:
  description: Companies of this try that are switched off and empty, with id and company_key. They are left.
  returned: success
  type: list
  elements: dict
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
            "company_key": {"type": "str", "required": True, "no_log": False},
            "marker": {"type": "dict", "default": {}},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    root = Path(args["root"])
    try:
        left = cleanup.look(root, args["company_key"], args["marker"], args["php"], args["web_user"])
        if not module.check_mode:
            cleanup.remove(root, left, args["php"], args["web_user"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(
        changed=bool(left.files or left.jobs),
        removed_files=left.files,
        removed_jobs=left.jobs,
        blank_companies=left.blank,
    )


if __name__ == "__main__":
    main()
