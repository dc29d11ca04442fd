#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v5_api import LOGIN_OPTIONS, V5Client

DOCUMENTATION = """
---
module: ninja_upload
short_description: Stream a V4 export to Invoice Ninja V5
description:
  - Logs in, then streams the export from this machine's disk to V5's C(/api/v1/migration/start), 64 KiB at a time.
  - V5's answer 200 is no proof that a migration started; a new StartMigration job or the import's log is.
  - Stops before it sends anything where V5 would ignore the upload (company exists, ten companies).
  - In check mode it makes the same checks and sends nothing.
extends_documentation_fragment: [v5_login]
options:
  archive:
    description: The export on this machine.
    type: path
    required: true
  company_key:
    description: V4's account key.
    type: str
    required: true
  force:
    description: Replace a company of this key. V5 deletes it before it stores the upload.
    type: bool
    default: false
  timeout:
    description: Seconds to wait without any byte before giving up.
    type: int
    default: 600
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Send the export to V5
  ninja_upload:
    url: "{{ v5_url }}"
    email: "{{ v5_owner_email }}"
    passwords: ["{{ v5_owner_password }}", "{{ v4_owner_password }}"]
    archive: /var/www/invoiceninja/storage/migrations/abc-2026-01-31-invoiceninja.zip
    company_key: abc
"""

RETURN = """
outcome:
  description:
    - V(started) where V5 said so, V(unknown) where V5 had the whole upload and gave no answer. Neither is proof.
  returned: when something was sent
  type: str
http_status:
  description: V5's status; 200, 504 where V5's web server gave up waiting, 0 without an answer.
  returned: when something was sent
  type: int
body_empty:
  description: Whether V5's answer was empty.
  returned: when something was sent
  type: bool
started_at:
  description: V5's own time of the answer.
  returned: when something was sent
  type: str
queue:
  description: The queue connection that V5 names.
  returned: when something was sent
  type: str
bytes:
  description: Bytes of the request that were sent.
  returned: success
  type: int
seconds:
  description: Seconds from the first byte to the answer.
  returned: when something was sent
  type: float
existing:
  description: Whether V5 already held a company of this key before the upload.
  returned: success
  type: bool
company_count:
  description: How many companies V5's account had before the upload.
  returned: success
  type: int
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
            **LOGIN_OPTIONS,
            "archive": {"type": "path", "required": True},
            "company_key": {"type": "str", "required": True, "no_log": False},
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    args = module.params
    archive = Path(args["archive"])
    try:
        client = V5Client(args["url"], args["address"], args["ca_file"], args["api_secret"])
        client.login(args["email"], args["passwords"])
        client.check_room(args["company_key"], args["force"])
        facts = {
            "existing": client.company(args["company_key"]) is not None,
            "company_count": len(client.companies),
        }
        if module.check_mode:
            module.exit_json(changed=True, bytes=0, **facts)
        answer = client.start_migration(archive, args["company_key"], args["force"], timeout=args["timeout"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(
        changed=True,
        outcome=answer.outcome,
        http_status=answer.status,
        body_empty=answer.body_empty,
        started_at=answer.started_at,
        queue=answer.queue,
        bytes=answer.bytes,
        seconds=answer.seconds,
        **facts,
    )


if __name__ == "__main__":
    main()
