#!/usr/bin/python
from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import env_file
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: ninja_env_file
short_description: Set variables in a .env file
description:
  - Writes values so that phpdotenv reads them back unchanged, and keeps every other line, comment and line ending.
  - Replaces the file in one step and keeps its owner and mode. A new file has mode 0600 unless O(mode) is given.
  - Returns names, never values.
extends_documentation_fragment: ansible.builtin.files
options:
  path:
    description: The file.
    type: path
    required: true
  values:
    description: Names and their values. Booleans become C(true) and C(false), and null becomes an empty value.
    type: dict
    default: {}
  absent:
    description: Names to remove.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Let V5 use the database for its queue
  ninja_env_file:
    path: /var/www/invoiceninja/.env
    values:
      QUEUE_CONNECTION: database
      INTERNAL_QUEUE_ENABLED: false
"""

RETURN = """
changed_keys:
  description: The names that were set or removed.
  returned: success
  type: list
  elements: str
created:
  description: Whether the file did not exist before.
  returned: success
  type: bool
"""


def text_of(value: object) -> str:
    """Return how Laravel's env() expects the value."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write(module: AnsibleModule, path: Path, content: str, created: bool) -> None:
    """Replace the file in one step; a new one is never readable by others, not even for a moment."""
    if created:
        os.close(os.open(str(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    descriptor, name = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content.encode("utf-8", "surrogateescape"))
    module.atomic_move(name, str(path))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "values": {"type": "dict", "default": {}, "no_log": True},
            "absent": {"type": "list", "elements": "str", "default": []},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    path = Path(module.params["path"]).resolve()  # behind a symbolic link, the file itself is replaced
    values = {name: text_of(value) for name, value in module.params["values"].items()}
    created = not path.exists()
    try:
        content = "" if created else path.read_bytes().decode("utf-8", "surrogateescape")
        content, names = env_file.edit(content, values, module.params["absent"], str(path))
        if (names or created) and not module.check_mode:
            write(module, path, content, created)
    except MigrationError as error:
        module.fail_json(**error.report())
    except OSError as error:
        module.fail_json(msg=f"{path} cannot be written: {error.strerror}. Mend it with: `ls -ld {path.parent}`")
    changed = bool(names) or created
    if path.exists():
        changed = module.set_fs_attributes_if_different(module.load_file_common_arguments(module.params), changed)
    module.exit_json(changed=changed, changed_keys=names, created=created)


if __name__ == "__main__":
    main()
