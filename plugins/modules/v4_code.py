#!/usr/bin/python
from __future__ import annotations

import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.migration import code_swap
from ansible.module_utils.migration.errors import MigrationError

DOCUMENTATION = """
---
module: v4_code
short_description: Put V4's new code in the place of the old one, or the old one back
description:
  - Moves entry by entry; C(.env) and C(storage) are never moved, C(public/logo) and what else people put into C(public)
    and C(Modules) stays. A journal lets a move that was killed halfway be undone by the next run.
  - V(unpacked) and V(swapped) fail before anything is moved where the archive holds no V4 of version O(version).
options:
  root:
    description: V4's directory.
    type: path
    required: true
  state:
    description:
      - V(unpacked) unpacks the archive, looks what is in it, and gives the files the old ones' owners.
      - V(swapped) puts the new code in its place, V(restored) the old one back (also after a swap that was killed),
        V(finished) removes the old code. V(cleaned) removes O(aside) only where nothing in it is needed to put V4 back.
    type: str
    choices: [unpacked, swapped, restored, finished, cleaned]
    required: true
  aside:
    description: A directory on the same file system, for the old code. It is root's alone.
    type: path
    required: true
  archive:
    description: The archive (zip) of the new code.
    type: path
  unpacked:
    description: Where the archive is unpacked, on the same file system; with a top folder of any name, or none.
    type: path
  version:
    description: The version that the new code must have.
    type: str
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
"""

EXAMPLES = """
- name: Put the new code in place
  v4_code:
    root: /var/www/invoiceninja
    state: swapped
    unpacked: /var/www/invoiceninja/.upgrade/new
    aside: /var/www/invoiceninja/.upgrade
    version: 4.5.50
"""

RETURN = """
entries:
  description: How many files and directories were moved.
  returned: when O(state=swapped)
  type: int
code_state:
  description: Which of the two code states called 4.5.50 the archive holds, V(master) or V(tag).
  returned: when O(state=unpacked)
  type: str
error_id:
  description: The stable name of the failure.
  returned: failure
  type: str
"""

VERSION = re.compile(r"define\('NINJA_VERSION',\s*'([0-9.]+)'")


def version_of(code: Path) -> str:
    """The version that app/Constants.php defines, empty where it defines none."""
    try:
        found = VERSION.search((code / "app" / "Constants.php").read_text("utf-8", "replace"))
    except OSError:
        return ""
    return found.group(1) if found else ""


def state_of(code: Path) -> str:
    """``master`` or ``tag``: which of the two code states that are both called 4.5.50."""
    exporter = code / "app" / "Traits" / "GenerateMigrationResources.php"
    is_master = exporter.is_file() and "str_contains($user->username" in exporter.read_text("utf-8", "replace")
    return "master" if is_master else "tag"


def run(args: dict, check_mode: bool) -> dict:
    """Do what the state asks for and return the result; raises MigrationError."""
    root, aside = Path(args["root"]), Path(args["aside"])
    journal = (aside / code_swap.JOURNAL).is_file()
    if args["state"] == "restored":
        return {"changed": journal if check_mode else code_swap.restore(root, aside)}
    if args["state"] in ("finished", "cleaned"):
        changed = aside.exists() and (args["state"] == "finished" or not (journal or (aside / "note.json").exists()))
        if changed and not check_mode:
            code_swap.finish(aside)
        return {"changed": changed}
    unpacked = Path(args["unpacked"])
    if args["state"] == "unpacked":
        if check_mode:
            return {"changed": True}
        code_swap.unpack(Path(args["archive"]), unpacked)
    code = code_swap.find_code(unpacked)
    found = version_of(code)
    if found != args["version"]:
        raise MigrationError(
            f"The archive holds V4 {found or 'of no version'}, and {args['version']} is wanted",
            "${EDITOR:-nano} inventory/group_vars/CLIENT/vars.yml  # v4_upgrade_archive_url",
            "archive-other-version",
        )
    if args["state"] == "unpacked":
        code_swap.own(code, root)
        return {"changed": True, "code_state": state_of(code)}
    entries = len(code_swap.plan(root, code))
    if not check_mode:
        entries = code_swap.swap(root, code, aside)
    return {"changed": True, "entries": entries}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "state": {
                "type": "str",
                "choices": ["unpacked", "swapped", "restored", "finished", "cleaned"],
                "required": True,
            },
            "archive": {"type": "path"},
            "aside": {"type": "path", "required": True},
            "unpacked": {"type": "path"},
            "version": {"type": "str"},
            "client": {"type": "str", "default": ""},
        },
        required_if=[
            ("state", "unpacked", ("archive", "unpacked", "version")),
            ("state", "swapped", ("unpacked", "version")),
        ],
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except MigrationError as error:
        module.fail_json(**error.report(module.params["client"]))
    except OSError as error:
        text = f"V4's code in {module.params['root']} could not be moved: {error}."
        module.fail_json(msg=text, error_id="code-swap-failed")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
