#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.repair import leftovers

DOCUMENTATION = """
---
module: v5_repair_leftovers
short_description: Find or remove what failed migrations left on the Invoice Ninja V5 host
description:
  - Finds archives and unpacked exports of any company, migration jobs that no worker can finish, their rows among the
    failed jobs, blank companies, and workers that a killed run left paused. While an import runs or waits, nothing is.
  - V(absent) removes the files and jobs among O(ids) that are still leftovers. Run it as root.
options:
  state:
    description: Whether it only looks, or removes.
    type: str
    choices: [found, absent]
    default: found
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
    description: The key of the client's company, which is never a leftover.
    type: str
    required: true
  ids:
    description: The ids of the plan's steps that are carried out.
    type: list
    elements: str
    default: []
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Look for what failed tries left
  v5_repair_leftovers:
    root: /var/www/invoiceninja
    company_key: "{{ account_key }}"
  register: left
"""

RETURN = """
found:
  description: What is there; busy, files, jobs, failed_jobs, blank_companies and paused.
  returned: state is found
  type: dict
removed:
  description: What was removed; files, jobs and failed_jobs.
  returned: state is absent
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
            "state": {"type": "str", "choices": ["found", "absent"], "default": "found"},
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
            "company_key": {"type": "str", "required": True, "no_log": False},
            "ids": {"type": "list", "elements": "str", "default": []},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    place = (Path(args["root"]), args["company_key"])
    try:
        if args["state"] == "found" or module.check_mode:
            found = leftovers.look(*place, args["php"], args["web_user"])
            module.exit_json(changed=args["state"] == "absent" and bool(args["ids"]), found=found)
        removed = leftovers.remove(*place, args["ids"], args["php"], args["web_user"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=any(removed.values()), removed=removed)


if __name__ == "__main__":
    main()
