#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v4_wizard import V4Wizard
from ansible.module_utils.migration.v5_api import V5Client

DOCUMENTATION = """
---
module: v4_wizard
short_description: Migrate a company by V4's own web wizard
description:
  - For a V4 whose host gives no shell. Runs where both V4 and V5 are reached, normally on the controller.
  - Logs in to V5 itself first, because V4's wizard answers wrong V5 credentials with a bare 500.
  - The end of the wizard proves nothing; a new StartMigration job on V5 or the import's log does.
options:
  state:
    description:
      - V(listed) walks the wizard up to the list of companies and changes nothing but V4's session.
      - V(started) chooses the company and lets V4 export and upload.
    type: str
    choices: [listed, started]
    default: started
  v4_url:
    description: V4's address, as in C(https://v4.example.com).
    type: str
    required: true
  v4_address:
    description: An address to connect to instead of the name's; the certificate must still fit O(v4_url).
    type: str
    default: ""
  v4_email:
    description: The owner's e-mail, written as V4 has it.
    type: str
    required: true
  v4_password:
    description: The owner's password on V4.
    type: str
    required: true
  v5_url:
    description: V5's final address. V4's server connects to it too.
    type: str
    required: true
  v5_address:
    description: An address for this machine to connect to instead of the name's. V4's server uses the name.
    type: str
    default: ""
  v5_email:
    description: The owner's e-mail on V5; it must be written as V4 has it.
    type: str
    required: true
  v5_passwords:
    description: One or two passwords, tried in this order.
    type: list
    elements: str
    required: true
  v5_api_secret:
    description: V5's C(API_SECRET), where it has one.
    type: str
    default: ""
  ca_file:
    description: A CA bundle on this machine that replaces its system store.
    type: str
    default: ""
  company_key:
    description: The account key of the one company to migrate; needed for V(started).
    type: str
    default: ""
  force:
    description: Replace a company of this key. V5 deletes it before it stores the upload.
    type: bool
    default: false
  timeout:
    description: Seconds for V4's export and upload together.
    type: int
    default: 3600
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Let V4's wizard migrate the company
  v4_wizard:
    v4_url: "{{ v4_url }}"
    v4_email: "{{ v4_owner_email }}"
    v4_password: "{{ v4_owner_password }}"
    v5_url: "{{ v5_url }}"
    v5_email: "{{ v5_owner_email }}"
    v5_passwords: ["{{ v5_owner_password }}", "{{ v4_owner_password }}"]
    company_key: abc
  delegate_to: localhost
"""

RETURN = """
companies:
  description: The companies that the wizard offers, as dictionaries with account_key and name.
  returned: success
  type: list
  elements: dict
account_key:
  description: The account key of the user's own company.
  returned: success
  type: str
v4_version:
  description: V4's version.
  returned: success
  type: str
outcome:
  description: started (V4 says so; no proof) or unknown (V4's web server gave up waiting).
  returned: when state is started, not in check mode
  type: str
http_status:
  description: V4's status, 0 without an answer.
  returned: when state is started, not in check mode
  type: int
message:
  description: What V4 showed.
  returned: when state is started, not in check mode
  type: str
seconds:
  description: Seconds that V4's export and upload took.
  returned: when state is started, not in check mode
  type: float
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
    """Walk the wizard as far as asked; the result of the module."""
    if args["v4_email"].lower() != args["v5_email"].lower():
        raise MigrationError(
            f"V4's owner is {args['v4_email']} and V5's {args['v5_email']}; the wizard wants the same e-mail on both",
            "ansible-vault edit inventory/group_vars/CLIENT/vault.yml",
            "cross-account-email",
        )
    start = args["state"] == "started"
    v5 = V5Client(args["v5_url"], args["v5_address"], args["ca_file"], args["v5_api_secret"])
    password = args["v5_passwords"][v5.login(args["v5_email"], args["v5_passwords"])]
    if start:
        v5.check_room(args["company_key"], args["force"])
    wizard = V4Wizard(args["v4_url"], args["v4_address"], args["ca_file"])
    version = wizard.version()
    wizard.login(args["v4_email"], args["v4_password"])
    wizard.connect(args["v5_url"], args["v5_email"], password, args["v5_api_secret"])
    result = {"companies": wizard.companies(), "account_key": wizard.account_key, "v4_version": version}
    if not start:
        return dict(result, changed=False)
    wizard.check_offered(args["company_key"], result["companies"])
    if check_mode:
        return dict(result, changed=True)
    answer = wizard.start(args["company_key"], args["force"], args["timeout"])
    return dict(
        result,
        changed=True,
        outcome=answer.outcome,
        http_status=answer.status,
        message=answer.message,
        seconds=answer.seconds,
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["listed", "started"], "default": "started"},
            "v4_url": {"type": "str", "required": True},
            "v4_address": {"type": "str", "default": ""},
            "v4_email": {"type": "str", "required": True},
            "v4_password": {"type": "str", "required": True, "no_log": True},
            "v5_url": {"type": "str", "required": True},
            "v5_address": {"type": "str", "default": ""},
            "v5_email": {"type": "str", "required": True},
            "v5_passwords": {"type": "list", "elements": "str", "required": True, "no_log": True},
            "v5_api_secret": {"type": "str", "default": "", "no_log": True},
            "ca_file": {"type": "str", "default": ""},
            "company_key": {"type": "str", "default": "", "no_log": False},
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 3600},
            "client": {"type": "str", "default": ""},
        },
        required_if=[("state", "started", ["company_key"])],
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
