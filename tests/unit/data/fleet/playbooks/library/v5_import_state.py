"""Counts up in a file, as the watch over an import does with what it sees."""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"counter": {"type": "path"}}, supports_check_mode=True)
counter = Path(module.params["counter"])
seen = int(counter.read_text()) if counter.exists() else 0
counter.write_text(str(seen + 1))
names = ["account", "company", "users"]
state = "completed" if seen == 3 else "running"
module.exit_json(
    changed=False, state=state, resource=names[min(seen, 2)], resources_done=names[:seen], message="", final=seen == 3
)
