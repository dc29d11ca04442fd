#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover import scheduler
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v4_scheduler
short_description: Stop what makes V4 send invoices and reminders, or bring it back
description:
  - V(stopped) comments out the lines of all crontabs that run V4's C(schedule:run), C(ninja:send-invoices) and so on,
    themselves or through a script or V4's page C(run_command), renames such scripts in C(cron.daily) and its like,
    keeps systemd's timers and services from starting, and waits until nothing of it runs. All of it carries a mark.
  - V(started) brings back what carries the mark. V(looked) only says what there is. Run it as root.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  site:
    description: V4's host name, for lines that ask for its page C(run_command).
    type: str
    default: ""
  state:
    description: What is done.
    type: str
    choices: [stopped, started, looked]
    required: true
  web_user:
    description: The user that PHP serves V4 as.
    type: str
    default: www-data
  timeout:
    description: Seconds for a running command to end.
    type: int
    default: 600
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Stop V4's scheduler
  v4_scheduler:
    root: /var/www/invoiceninja
    site: v4.example.com
    state: stopped
"""

RETURN = """
live:
  description: What can make V4 send.
  returned: success
  type: list
  elements: str
stopped:
  description: What carries the mark.
  returned: success
  type: list
  elements: str
unclear:
  description: Lines that run such a command of an application that could not be told; they are left as they are.
  returned: success
  type: list
  elements: str
running:
  description: Such commands that run now.
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


def run(args: dict, check_mode: bool) -> dict:
    """Do what the state asks for; raises MigrationError."""
    what = scheduler.Stopping(Path(args["root"]), args["site"], args["web_user"])
    before = scheduler.look(what)
    wanted = {"stopped": before["live"] + before["running"], "started": before["stopped"], "looked": []}[args["state"]]
    if check_mode or args["state"] == "looked" or not wanted:
        return dict(before, changed=bool(wanted))
    after = scheduler.stop(what, args["timeout"]) if args["state"] == "stopped" else scheduler.start(what)
    return dict(after, changed=(after["live"], after["stopped"]) != (before["live"], before["stopped"]))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "site": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["stopped", "started", "looked"], "required": True},
            "web_user": {"type": "str", "default": "www-data"},
            "timeout": {"type": "int", "default": 600},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
