#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover import forwarding
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v4_forwarding
short_description: Turn V4's own forwarding to V5 on or off, in its database
description:
  - Sets C(forward_url_for_v5) and C(is_disabled) of the account's email settings, as V4's page does, and reads back.
  - From then on old links lead to V5, and V4 sends no invoices and reminders of this account. Run it as the web user.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  company_key:
    description: V4's account key.
    type: str
    required: true
  state:
    description: What is done.
    type: str
    choices: [present, absent, looked]
    required: true
  url:
    description: V5's address; needed for V(present).
    type: str
    default: ""
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Forward customers to V5
  v4_forwarding:
    root: /var/www/invoiceninja
    company_key: "{{ v4_facts.account.account_key }}"
    url: https://v5.example.com
    state: present
  become: true
  become_user: www-data
"""

RETURN = """
url:
  description: Where V4 forwards to, empty for nowhere.
  returned: success
  type: str
is_disabled:
  description: Whether V4 sends nothing of this account.
  returned: success
  type: bool
others:
  description: The names of the other accounts that this V4 still works for.
  returned: success
  type: list
  elements: str
charges:
  description: Numbers of invoices that V4 would charge on their due date although it forwards.
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
    root, php, key = Path(args["root"]), args["php"], args["company_key"]
    seen = forwarding.read(root, php, key)
    url = args["url"].rstrip("/") if args["state"] == "present" else ""
    right = args["state"] == "looked" or (seen["url"], seen["is_disabled"]) == (url, bool(url))
    if not right and not check_mode:
        seen = forwarding.write(root, php, key, url)
    return dict(seen, changed=not right)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "company_key": {"type": "str", "required": True, "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent", "looked"], "required": True},
            "url": {"type": "str", "default": ""},
            "client": {"type": "str", "default": ""},
        },
        required_if=[("state", "present", ["url"])],
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
