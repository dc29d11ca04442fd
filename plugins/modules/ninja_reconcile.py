#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.reconcile import host

DOCUMENTATION = """
---
module: ninja_reconcile
short_description: Take one side's manifest of a company, to compare it with the other side's
description:
  - Reads the company's counts, sums and a digest for every group of records in one snapshot of the database, and
    hashes its attachments. With O(wanted) it gives the records of these groups instead. It writes nothing.
  - Run it as the web user.
options:
  root:
    description: The application's directory.
    type: path
    required: true
  side:
    description: Which application it is.
    type: str
    choices: [v4, v5]
    required: true
  owner_email:
    description: V4's owner, whose company is meant.
    type: str
    default: ""
  account_key:
    description: V4's account key, where the owner has several companies.
    type: str
    default: ""
  company_key:
    description: V5's company key, which is V4's account key.
    type: str
    default: ""
  seed:
    description:
      - Mixed into the digests of keys and stored payment methods, so that they say nothing elsewhere.
      - The same for both sides.
    type: str
    required: true
  numberless:
    description: Which records V4 left without a number, by entity, as V4's manifest says it.
    type: dict
    default: {}
  wanted:
    description: The groups whose records are wanted, by entity.
    type: dict
  php:
    description: The PHP command line program.
    type: str
    default: php
  timeout:
    description: Seconds that it may take.
    type: int
    default: 600
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Take V4's manifest
  ninja_reconcile:
    root: /var/www/invoiceninja
    side: v4
    owner_email: owner@example.com
    seed: "{{ seed }}"
  become: true
  become_user: www-data
  register: v4_manifest
"""

RETURN = """
manifest:
  description: The manifest, as migration/reconcile/compare.py takes it.
  returned: success
  type: dict
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
            "root": {"type": "path", "required": True},
            "side": {"type": "str", "choices": ["v4", "v5"], "required": True},
            "owner_email": {"type": "str", "default": ""},
            "account_key": {"type": "str", "default": "", "no_log": False},
            "company_key": {"type": "str", "default": "", "no_log": False},
            "seed": {"type": "str", "required": True, "no_log": True},
            "numberless": {"type": "dict", "default": {}},
            "wanted": {"type": "dict"},
            "php": {"type": "str", "default": "php"},
            "timeout": {"type": "int", "default": int(host.TIMEOUT)},
            "client": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    args = module.params
    root, more = Path(args["root"]), {"php": args["php"], "timeout": float(args["timeout"]), "wanted": args["wanted"]}
    try:
        if args["side"] == "v4":
            found = host.v4_manifest(root, args["owner_email"], args["account_key"], args["seed"], **more)
        else:
            found = host.v5_manifest(root, args["company_key"], args["seed"], args["numberless"], **more)
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=False, manifest=found)


if __name__ == "__main__":
    main()
