#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.lint import lint_file
from ansible.module_utils.migration.lint.report import digest

DOCUMENTATION = """
---
module: ninja_lint_export
short_description: Predict what V5's importer does with a V4 export
description:
  - Reads the export where it lies, so that nothing of it travels but the problems. Changes nothing.
  - An import that will fail is a result, not a failure of the module.
options:
  path:
    description: The export (zip or JSON) on this machine.
    type: path
    required: true
  rows:
    description: How many rows of each kind of problem are returned.
    type: int
    default: 10
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Predict the import
  ninja_lint_export:
    path: /var/www/invoiceninja/storage/migrations/abc-2026-01-31-invoiceninja.zip
    client: client1
  register: v4_export_linted
"""

RETURN = """
prediction:
  description:
    - A dictionary with verdict (completes or fails), fails_at (a resource, or none), message (the importer's own
      words), fails and losses (numbers of problems) and problems, of each kind the first rows.
  returned: success
  type: dict
findings:
  description: The problems by kind, as verify_v4.yml reports its findings.
  returned: success
  type: list
lines:
  description: The prediction for a person.
  returned: success
  type: list
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
            "path": {"type": "path", "required": True},
            "rows": {"type": "int", "default": 10},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    path = module.params["path"]
    try:
        prediction = lint_file(path)
    except OSError as error:
        reason = error.strerror or error
        broken = MigrationError(f"The export {path} cannot be read: {reason}", f"ls -l {path}", "archive-unreadable")
        module.fail_json(**broken.report(module.params["client"]))
    module.exit_json(changed=False, **digest(prediction, module.params["rows"], module.params["client"]))


if __name__ == "__main__":
    main()
