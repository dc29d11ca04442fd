#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover.forwarding import Pages
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v4_forwarding_page
short_description: Turn V4's own forwarding to V5 on or off, by its web pages
description:
  - For a V4 whose host gives no shell. Logs in as the owner and sends the form of V4's account management.
options:
  url:
    description: V4's address, as in C(https://v4.example.com).
    type: str
    required: true
  address:
    description: An address to connect to instead of the name's; server name and certificate check stay those of O(url).
    type: str
    default: ""
  ca_file:
    description: A CA bundle on this machine that replaces its system store.
    type: str
    default: ""
  email:
    description: The owner's e-mail, every letter as in V4.
    type: str
    required: true
  password:
    description: The owner's password in V4.
    type: str
    required: true
  state:
    description: What is done.
    type: str
    choices: [present, absent, looked]
    required: true
  v5_url:
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
  v4_forwarding_page:
    url: "{{ v4_url }}"
    email: "{{ v4_owner_email }}"
    password: "{{ v4_owner_password }}"
    v5_url: "{{ v5_url }}"
    state: present
  delegate_to: localhost
"""

RETURN = """
forwards_to:
  description: Where V4 forwards to, empty for nowhere.
  returned: success
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


def run(args: dict, check_mode: bool) -> dict:
    """Do what the state asks for; raises MigrationError."""
    pages = Pages(args["url"], args["address"], args["ca_file"])
    pages.login(args["email"], args["password"])
    seen = pages.forwards_to()
    wanted = args["v5_url"].rstrip("/") if args["state"] == "present" else ""
    right = args["state"] == "looked" or seen == wanted
    if not right and not check_mode:
        pages.forward(wanted)
        seen = wanted
    return {"changed": not right, "forwards_to": seen}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            "email": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent", "looked"], "required": True},
            "v5_url": {"type": "str", "default": ""},
            "client": {"type": "str", "default": ""},
        },
        required_if=[("state", "present", ["v5_url"])],
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
