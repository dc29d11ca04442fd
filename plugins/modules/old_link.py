#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover import company
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.http import Server

DOCUMENTATION = """
---
module: old_link
short_description: Open a customer's old link at V4 and follow it to V5
description:
  - V4 must answer a real invitation with a redirect to V5, and V5 must know it, while it refuses an invented one.
  - The link is opened silently, so that no invoice counts as seen by its customer.
options:
  v4_url:
    description: V4's address, as in C(https://v4.example.com).
    type: str
    required: true
  v4_address:
    description: An address to connect to instead of the name's.
    type: str
    default: ""
  v5_url:
    description: V5's address.
    type: str
    required: true
  v5_address:
    description: An address to connect to instead of the name's.
    type: str
    default: ""
  ca_file:
    description: A CA bundle on this machine that replaces its system store.
    type: str
    default: ""
  invitations:
    description: Dictionaries with C(key) and C(entity) (invoice or quote); the first that V5 knows is enough.
    type: list
    elements: dict
    required: true
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Follow an old link
  old_link:
    v4_url: "{{ v4_url }}"
    v5_url: "{{ v5_url }}"
    invitations: [{key: abc, entity: invoice}]
  delegate_to: localhost
"""

RETURN = """
entity:
  description: invoice or quote.
  returned: success
  type: str
status:
  description: V5's answer.
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
            "v4_url": {"type": "str", "required": True},
            "v4_address": {"type": "str", "default": ""},
            "v5_url": {"type": "str", "required": True},
            "v5_address": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            # An invitation's key opens an invoice to whoever has it.
            "invitations": {"type": "list", "elements": "dict", "required": True, "no_log": True},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        v4 = Server(args["v4_url"], args["v4_address"], args["ca_file"])
        v5 = Server(args["v5_url"], args["v5_address"], args["ca_file"])
        seen = company.follow(v4, v5, args["invitations"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, **seen)


if __name__ == "__main__":
    main()
