#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.repair import v5_documents
from ansible.module_utils.migration.v5_api import LOGIN_OPTIONS, V5Client

DOCUMENTATION = """
---
module: v5_repair_documents
short_description: Attach the files of a packet to records of Invoice Ninja V5
description:
  - Attaches each file to its record, over V5's API, and compares what V5 then gives back. A file that the
    record has already is not attached again. A wrong file of that name is deleted where the plan says so, afterwards.
  - A V5 that forgets the token is logged in to once more.
extends_documentation_fragment: [v5_login]
options:
  company_key:
    description: The key of the company, which is V4's.
    type: str
    required: true
  packet:
    description: The file that M(v4_documents) wrote.
    type: path
    required: true
attributes:
  check_mode:
    support: none
"""

EXAMPLES = """
- name: Attach what was fetched
  v5_repair_documents:
    url: "{{ v5_url }}"
    email: "{{ v5_owner_email }}"
    passwords: ["{{ v4_owner_password }}"]
    company_key: "{{ account_key }}"
    packet: "{{ folder.path }}/documents.tar"
"""

RETURN = """
attached:
  description: How many files were attached.
  returned: always
  type: int
removed:
  description: How many wrong files were deleted.
  returned: always
  type: int
documents:
  description: What became of each; id, name and trouble, empty where V5 has it.
  returned: always
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
            **LOGIN_OPTIONS,
            "company_key": {"type": "str", "required": True, "no_log": False},
            "packet": {"type": "path", "required": True},
        },
    )
    args = module.params
    done = {"attached": 0, "removed": 0, "documents": []}
    try:
        with v5_documents.alone(args["company_key"]):
            client = V5Client(args["url"], args["address"], args["ca_file"], args["api_secret"])
            client.login(args["email"], args["passwords"])
            v5_documents.attach_all(client, args["company_key"], Path(args["packet"]), done)
    except MigrationError as error:
        module.fail_json(changed=bool(done["attached"] or done["removed"]), **done, **error.report(args["client"]))
    module.exit_json(changed=bool(done["attached"] or done["removed"]), **done)


if __name__ == "__main__":
    main()
