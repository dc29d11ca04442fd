#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import pause, v4_jobs
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v4_jobs
short_description: Keep V4's cron jobs, and what a killed upgrade left running, away from an upgrade
description:
  - V(held) comments out every line of cron that runs artisan in O(root), in the system's and all users' crontabs, and
    waits until none of these jobs runs. V(resumed) brings exactly these lines back.
  - V(stopped) ends C(artisan migrate) and C(db:seed) in O(root), and their statements in the database.
  - Run it as root.
options:
  root:
    description: V4's directory.
    type: path
    required: true
  state:
    description: What is done.
    type: str
    choices: [held, resumed, stopped]
    required: true
  folder:
    description: A directory of root's that notes what was commented out.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  web_user:
    description: The user that PHP serves V4 as.
    type: str
    default: www-data
  timeout:
    description: Seconds for a running job to end.
    type: int
    default: 600
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Keep V4's cron jobs away
  v4_jobs:
    root: /var/www/invoiceninja
    folder: /var/www/invoiceninja/.ninjalift-upgrade
    state: held
"""

RETURN = """
stopped:
  description: How many processes and statements were ended.
  returned: when O(state=stopped)
  type: int
error_id:
  description: The stable name of the failure.
  returned: failure
  type: str
"""


def run(args: dict, check_mode: bool) -> dict:
    """Do what the state asks for and return the result; raises MigrationError."""
    root, folder = Path(args["root"]), Path(args["folder"])
    if check_mode:
        return {"changed": args["state"] == "held" or (folder / pause.STATE).exists()}
    if args["state"] == "held":
        v4_jobs.hold(root, folder, args["web_user"], args["timeout"])
        return {"changed": True}
    if args["state"] == "resumed":
        return {"changed": pause.resume(folder)}
    stopped = v4_jobs.stop_upgrade(root, args["php"], args["web_user"])
    return {"changed": stopped > 0, "stopped": stopped}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["held", "resumed", "stopped"], "required": True},
            "folder": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
