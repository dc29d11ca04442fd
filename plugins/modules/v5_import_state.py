#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import import_jobs, watch_host
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v5_import_state
short_description: Say how one import into Invoice Ninja V5 stands
description:
  - Judges from V5's log, queue and tables and from the worker's unit, never from V5's answer to the upload.
  - Run it as root or as the web user.
options:
  state:
    description: V(mark) notes where log, queue and companies stand, V(watched) looks at what came after.
    type: str
    choices: [mark, watched]
    default: watched
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
    description: V4's account key. Not needed for V(mark).
    type: str
    default: ""
  marker:
    description: What V(mark) or M(v5_import_worker) returned. Needed for V(watched).
    type: dict
    default: {}
  unit:
    description: The worker's unit; empty for the one that M(v5_import_worker) makes for this company.
    type: str
    default: ""
  wait_seconds:
    description: Watch up to this long on the host itself; the end of the import ends it within two seconds.
    type: float
    default: 0
  stuck_after:
    description: Seconds without a sign of life (log, processor time) that count as stuck.
    type: int
    default: 900
  job_expected:
    description: Whether the upload is over, so that V5 must have queued the job by now.
    type: bool
    default: false
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Watch the import
  v5_import_state:
    root: /var/www/invoiceninja
    company_key: "{{ company_key }}"
    marker: "{{ import_worker.marker }}"
    wait_seconds: 10
    job_expected: true
  become: true
  register: import_state
  until: import_state.final
  retries: 2880
  delay: 0
"""

RETURN = """
marker:
  description: Where log, queue and companies stand.
  returned: state is mark
  type: dict
state:
  description: One of waiting, queued, running, completed, failed, stuck and never_started.
  returned: state is watched
  type: str
final:
  description: Whether that is the end.
  returned: state is watched
  type: bool
resource:
  description: The resource that is imported, or at which it failed.
  returned: state is watched
  type: str
resources_done:
  description: The resources before it.
  returned: state is watched
  type: list
  elements: str
message:
  description: Why it failed, is stuck or never started; an importer's own words where it has any.
  returned: state is watched
  type: str
started_at:
  description: The log's time of the first resource.
  returned: state is watched
  type: str
finished_at:
  description: The log's time of Completed.
  returned: state is watched
  type: str
since_last_progress_seconds:
  description: Seconds since the last sign of life.
  returned: state is watched
  type: float
evidence:
  description: What the judgement rests on.
  returned: state is watched
  type: list
  elements: str
company_present:
  description: Whether V5 has a company with V4's key.
  returned: state is watched
  type: bool
taken_by_other_worker:
  description: Whether a regular worker ran the import.
  returned: state is watched
  type: bool
failed_job:
  description: The beginning of the exception in failed_jobs.
  returned: state is watched
  type: str
new_companies:
  description: Companies made since the marker, with id, company_key and is_disabled.
  returned: state is watched
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


def run(args: dict) -> dict:
    """Do what is asked; raises MigrationError."""
    unit = args["unit"] or (import_jobs.unit_name(args["company_key"]) if args["company_key"] else "")
    target = watch_host.Target(Path(args["root"]), args["php"], args["web_user"], args["company_key"], unit)
    if args["state"] == "mark":
        return {"marker": watch_host.mark(target)}
    return watch_host.watch_import(
        target, args["marker"], args["wait_seconds"], args["stuck_after"], args["job_expected"]
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["mark", "watched"], "default": "watched"},
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
            "company_key": {"type": "str", "default": "", "no_log": False},
            "marker": {"type": "dict", "default": {}},
            "unit": {"type": "str", "default": ""},
            "wait_seconds": {"type": "float", "default": 0},
            "stuck_after": {"type": "int", "default": 900},
            "job_expected": {"type": "bool", "default": False},
            "client": {"type": "str", "default": ""},
        },
        required_if=[("state", "watched", ["company_key", "marker"])],
        supports_check_mode=True,
    )
    try:
        result = run(module.params)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
