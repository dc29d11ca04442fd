#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.cutover.company import Login
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v5_api import LOGIN_OPTIONS, V5Client

DOCUMENTATION = """
---
module: v5_company
short_description: Switch a company of V5 on or off, or remove it
description:
  - Through V5's API, with the company's own token, and read back. A token that V5 forgot is asked for again, once.
  - V(absent) deletes the company for good, if it has the name O(name) and is switched off. Take a backup before.
extends_documentation_fragment: [v5_login]
options:
  company_key:
    description: The company's key.
    type: str
    required: true
  name:
    description: The company's name in V5; needed for V(absent).
    type: str
    default: ""
  state:
    description: What is done.
    type: str
    choices: [enabled, disabled, absent, looked]
    required: true
  gateways:
    description: Whether V(looked) lists the payment gateways, too.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Switch the company on
  v5_company:
    url: "{{ v5_url }}"
    email: "{{ v5_owner_email }}"
    passwords: ["{{ v4_owner_password }}"]
    company_key: abc
    state: enabled
  delegate_to: localhost
"""

RETURN = """
company:
  description: The company as V5 has it before, with C(id), C(company_key), C(name) and C(is_disabled); empty for none.
  returned: success
  type: dict
gateways:
  description: The company's payment gateways, with C(name) and C(webhook), the address that the provider calls.
  returned: when O(state=looked)
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


def run(args: dict, check_mode: bool) -> dict:
    """Do what the state asks for; raises MigrationError."""
    client = V5Client(args["url"], args["address"], args["ca_file"], args["api_secret"])
    login, key, state = Login(client, args["email"], args["passwords"]), args["company_key"], args["state"]
    found = login.company(key)
    result = {"changed": False, "company": found.as_dict() if found else {}}
    if state == "looked":
        return dict(result, gateways=login.gateways(found) if found and args["gateways"] else [])
    if state == "absent":
        return dict(result, changed=bool(found) and (check_mode or login.remove(key, args["name"])))
    on = state == "enabled"
    if check_mode:
        return dict(result, changed=bool(found) and found.is_disabled is on)
    return dict(result, changed=login.switch(key, on))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **LOGIN_OPTIONS,
            "company_key": {"type": "str", "required": True, "no_log": False},
            "name": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["enabled", "disabled", "absent", "looked"], "required": True},
            "gateways": {"type": "bool", "default": False},
        },
        required_if=[("state", "absent", ["name"])],
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
