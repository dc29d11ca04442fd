#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover import marks
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_marks
short_description: Take high-water marks of a company in V4 or V5, or say what changed since
description:
  - Without O(marks) and O(since_epoch) it takes the marks (highest id, newest C(updated_at), count and digest of each
    table); with them it says which records are new or changed. Only reads. Run it as the web user.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  side:
    description: Which application it is.
    type: str
    choices: [v4, v5]
    required: true
  company_key:
    description: V4's account key, which is V5's company key.
    type: str
    required: true
  marks:
    description: Marks that this module took before.
    type: dict
  since_epoch:
    description: Seconds since 1970; in place of O(marks) where there are none.
    type: int
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Take V4's marks
  ninja_marks:
    root: /var/www/invoiceninja
    side: v4
    company_key: "{{ v4_facts.account.account_key }}"
  become: true
  become_user: www-data
"""

RETURN = """
marks:
  description: The marks.
  returned: where they were taken
  type: dict
changes:
  description: What is new or changed, with C(id), C(entity), C(key) and C(kind).
  returned: where something was compared
  type: list
  elements: dict
words:
  description: The same in words, as in "2 new invoices (0065, 0066)"; empty for nothing.
  returned: where something was compared
  type: str
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
    """Take the marks or compare; raises MigrationError."""
    place = marks.Place(Path(args["root"]), args["php"], args["side"], args["company_key"])
    if args["marks"] is None and args["since_epoch"] is None:
        return {"marks": marks.take(place)}
    if args["marks"] is not None:
        changes = marks.changes(place, args["marks"])
    else:
        changes = marks.since(place, args["since_epoch"])
    return {"changes": changes, "words": marks.words(changes)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "side": {"type": "str", "choices": ["v4", "v5"], "required": True},
            "company_key": {"type": "str", "required": True, "no_log": False},
            "marks": {"type": "dict"},
            "since_epoch": {"type": "int"},
            "client": {"type": "str", "default": ""},
        },
        mutually_exclusive=[("marks", "since_epoch")],
        supports_check_mode=True,
    )
    try:
        result = run(module.params)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
