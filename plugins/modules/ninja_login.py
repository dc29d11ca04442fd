#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v5_api import V5Client

DOCUMENTATION = """
---
module: ninja_login
short_description: Log in to Invoice Ninja V5 and say which companies are there
description:
  - Logs in as a migration would, from the machine on which the module runs, and changes nothing.
  - Where it fails it says in one sentence what is wrong, and which command mends it. It returns no token or password.
options:
  url:
    description: V5's final address, as in C(https://v5.example.com).
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
    description: The owner's e-mail.
    type: str
    required: true
  passwords:
    description: One or two passwords, tried in this order. The import replaces V5's password by V4's, hence two.
    type: list
    elements: str
    required: true
  api_secret:
    description: V5's C(API_SECRET), where it has one.
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
- name: Check the login to V5
  ninja_login:
    url: "{{ v5_url }}"
    email: "{{ v5_owner_email }}"
    passwords: ["{{ v5_owner_password }}", "{{ v4_owner_password }}"]
  register: v5_login
"""

RETURN = """
companies:
  description: The companies of the account's user, as dictionaries with id, company_key, name and is_disabled.
  returned: success
  type: list
  elements: dict
company_count:
  description: How many companies there are. V5 takes no further one from 10 on.
  returned: success
  type: int
app_version:
  description: V5's version.
  returned: success
  type: str
password_index:
  description: Which of the passwords worked, from 0.
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
            "url": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            "email": {"type": "str", "required": True},
            "passwords": {"type": "list", "elements": "str", "required": True, "no_log": True},
            "api_secret": {"type": "str", "default": "", "no_log": True},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    try:
        client = V5Client(args["url"], args["address"], args["ca_file"], args["api_secret"])
        index = client.login(args["email"], args["passwords"])
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(
        changed=False,
        companies=[company.as_dict() for company in client.companies],
        company_count=len(client.companies),
        app_version=client.app_version,
        password_index=index,
    )


if __name__ == "__main__":
    main()
