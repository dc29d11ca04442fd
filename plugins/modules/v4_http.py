#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration.errors import MigrationError
from ansible.module_utils.migration.http import Server

DOCUMENTATION = """
---
module: v4_http
short_description: Ask a V4 over HTTPS for its version
description:
  - Requests V4's C(/api/v1/ping) without a token, with the certificate verified and no redirect followed.
  - V4 answers 403 and names its version in the header C(X-Ninja-Version). It never fails; what is wrong is returned.
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
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Ask V4 for its version
  v4_http:
    url: "{{ v4_url }}"
  delegate_to: localhost
  register: v4_answer
"""

RETURN = """
status:
  description: The HTTP status, 0 where there was no answer.
  returned: always
  type: int
version:
  description: V4's version, empty where the answer did not name one.
  returned: always
  type: str
error:
  description: One sentence where there was no answer.
  returned: always
  type: str
remedy:
  description: The command that mends it.
  returned: always
  type: str
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    result = {"changed": False, "status": 0, "version": "", "error": "", "remedy": ""}
    try:
        server = Server(module.params["url"], module.params["address"], module.params["ca_file"], timeout=30)
        answer = server.request("GET", "/api/v1/ping", {"Accept": "application/json"})
        result.update(status=answer.status, version=answer.header("X-Ninja-Version"))
    except MigrationError as error:
        result.update(error=error.message, remedy=error.remedy)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
