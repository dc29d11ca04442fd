#!/usr/bin/python
from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.repair import v4_documents

DOCUMENTATION = """
---
module: v4_documents
short_description: Fetch attachments from Invoice Ninja V4 into one private file
description:
  - Fetches each over V4's API as V5 would, or from V4's storage, and keeps it only if size and hash are those of V4's
    own record. A login page or an error in place of a file is recognized and told, and the others are fetched.
  - Run it on V4's host, as root. V4's token does not leave that host. V4 is only read.
options:
  root:
    description: V4's directory.
    type: path
    required: true
  php:
    description: The PHP command line program.
    type: str
    default: php
  web_user:
    description: The account that V4 runs as.
    type: str
    default: www-data
  url:
    description: V4's address; empty where only its storage is read.
    type: str
    default: ""
  address:
    description: An address to connect to instead of the name's; server name and certificate check stay those of O(url).
    type: str
    default: ""
  ca_file:
    description: A CA bundle on V4's host that replaces its system store.
    type: str
    default: ""
  account_key:
    description: V4's account key.
    type: str
    required: true
  documents:
    description: The data of the plan's steps, with id, v4_id, kind, record, label, sha256 and wrong.
    type: list
    elements: dict
    required: true
  path:
    description: The file to write, readable by its owner only; it must not exist.
    type: path
    required: true
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: none
"""

EXAMPLES = """
- name: Fetch the lost attachments
  v4_documents:
    root: /var/www/invoiceninja
    url: https://v4.example.com
    account_key: "{{ account_key }}"
    documents: "{{ steps | map(attribute='data') }}"
    path: "{{ folder.path }}/documents.tar"
"""

RETURN = """
documents:
  description: What became of each; id, name, size, sha256, from (api or storage) and trouble (empty for none).
  returned: success
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


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "php": {"type": "str", "default": "php"},
            "web_user": {"type": "str", "default": "www-data"},
            "url": {"type": "str", "default": ""},
            "address": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            "account_key": {"type": "str", "required": True, "no_log": False},
            "documents": {"type": "list", "elements": "dict", "required": True},
            "path": {"type": "path", "required": True},
            "client": {"type": "str", "default": ""},
        },
    )
    args = module.params
    source = v4_documents.Source(
        Path(args["root"]), args["php"], args["web_user"], args["url"], args["address"], args["ca_file"]
    )
    try:
        fetched = v4_documents.fetch(source, args["account_key"], args["documents"], Path(args["path"]))
    except MigrationError as error:
        module.fail_json(**error.report(args["client"]))
    module.exit_json(changed=True, documents=fetched)


if __name__ == "__main__":
    main()
