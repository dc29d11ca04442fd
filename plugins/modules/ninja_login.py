#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v5_api import LOGIN_OPTIONS, V5Client

DOCUMENTATION = """
---
module: ninja_login
short_description: Log in to Invoice Ninja V5 and say which companies are there
description:
  - Logs in as a migration would, from the machine on which the module runs, and changes nothing.
  - Where it fails it says in one sentence what is wrong, and which command mends it. It returns no token or password.
extends_documentation_fragment: [v5_login]
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
    module = AnsibleModule(argument_spec=LOGIN_OPTIONS, supports_check_mode=True)
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
