#!/usr/bin/python
from __future__ import annotations

import importlib
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import import_control, import_jobs
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v5_import_worker
short_description: Run one import of Invoice Ninja V5 in a worker that shows why it fails
description:
  - Starts, as root on the V5 host, a transient systemd unit that waits for one company's StartMigration job, moves it
    to a queue of its own and runs it with C(APP_ENV=migration), C(EXPANDED_LOGGING=true) and C(MAIL_MAILER=array). It
    goes on when Ansible's connection ends.
  - Until the job was moved, the regular workers (queue service, cron's lines, running C(artisan) processes) are kept
    away. They come back then, and whenever the unit ends, however it ends.
  - V5's secrets stay in its C(.env).
options:
  state:
    description:
      - V(started) returns once the unit waits for the job. V(stopped) ends it, the import too, and removes every trace.
      - V(resumed) brings back what a power failure left paused, and leaves a running import alone.
    type: str
    choices: [started, stopped, resumed]
    default: started
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
    description: V4's account key, which the archive's name begins with. Not needed for V(resumed).
    type: str
    default: ""
  queue_service:
    description: The systemd service of V5's regular queue worker; empty where there is none.
    type: str
    default: invoiceninja-queue
  wait_timeout:
    description: Seconds until the job must be there.
    type: int
    default: 3600
  pause_timeout:
    description: Seconds that a regular worker may take to end the job it is at.
    type: int
    default: 300
  runtime_max:
    description: Seconds that the import may take.
    type: int
    default: 28800
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Start the worker that waits for this import
  v5_import_worker:
    root: /var/www/invoiceninja
    company_key: 9nrwevhjtlxoochx5kk1b533cebkjblj
  become: true
  register: import_worker
"""

RETURN = """
unit:
  description: The unit's name.
  returned: state is started
  type: str
invocation_id:
  description: The unit's invocation, as in C(journalctl _SYSTEMD_INVOCATION_ID=…).
  returned: state is started
  type: str
marker:
  description: Where log, queue and companies stood; for M(v5_import_state) and M(v5_import_cleanup).
  returned: state is started
  type: dict
leftovers:
  description: StartMigration jobs of earlier tries, with id, queue, reserved_at, created_at and ours.
  returned: state is started
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


def source(name: str) -> str:
    """Return the source of a module of `migration`, as it was packed for this host."""
    module = importlib.import_module("ansible.module_utils.migration" + ("" if name == "__init__" else f".{name}"))
    return module.__loader__.get_source(module.__name__)


def run(args: dict, check_mode: bool) -> dict:
    """Do what is asked; raises MigrationError."""
    import_control.require_root()
    root = Path(args["root"])
    if args["state"] == "resumed":
        needed = import_control.needs_repair(root)
        return {"changed": needed if check_mode else import_control.repair(root)}
    unit = import_jobs.unit_name(args["company_key"])
    if args["state"] == "stopped":
        exists = import_control.exists(unit)
        return {"changed": exists if check_mode else import_control.stop(unit)}
    host = import_control.Host(root, args["php"], args["web_user"], args["queue_service"])
    if check_mode:
        return import_control.plan(host, args["company_key"])
    limits = import_control.Limits(args["wait_timeout"], args["pause_timeout"], args["runtime_max"])
    return import_control.start(host, args["company_key"], limits, import_control.sources(source))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "stopped", "resumed"], "default": "started"},
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
            "company_key": {"type": "str", "default": "", "no_log": False},
            "queue_service": {"type": "str", "default": "invoiceninja-queue"},
            "wait_timeout": {"type": "int", "default": 3600},
            "pause_timeout": {"type": "int", "default": 300},
            "runtime_max": {"type": "int", "default": 28800},
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
