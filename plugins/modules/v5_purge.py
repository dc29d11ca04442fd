#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.v5_api import LOGIN_OPTIONS, V5Client

DOCUMENTATION = """
---
module: v5_purge
short_description: Remove the blank companies that failed tries left on V5
description:
  - Every refused upload and every failed import leaves a blank company behind, and ten of them block the account.
  - Removes companies for good, through V5's API. That they are blank is for the caller to know (filter ninja_v5_counts,
    query blank_companies). A company that is switched on, and the last one, are refused before anything is removed.
extends_documentation_fragment: [v5_login]
options:
  company_keys:
    description: The keys of the companies to remove. Those that are not there are passed over.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Remove what failed tries left
  v5_purge:
    url: "{{ v5_url }}"
    email: "{{ v5_owner_email }}"
    passwords: ["{{ v5_owner_password }}", "{{ v4_owner_password }}"]
    company_keys: "{{ v5_rows.blank_companies | map(attribute='company_key') | list }}"
"""

RETURN = """
purged:
  description: The keys of the companies that were removed, or would be in check mode.
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


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **LOGIN_OPTIONS,
            "company_keys": {"type": "list", "elements": "str", "required": True, "no_log": False},
        },
        supports_check_mode=True,
    )
    args = module.params
    if not args["company_keys"]:
        module.exit_json(changed=False, purged=[])
    try:
        client = V5Client(args["url"], args["address"], args["ca_file"], args["api_secret"])
        client.login(args["email"], args["passwords"])
        purged = client.purge_blank(args["company_keys"], dry_run=module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=bool(purged), purged=purged)


if __name__ == "__main__":
    main()
