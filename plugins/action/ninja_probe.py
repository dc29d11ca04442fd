"""Runs the probe of the diagnostics on the host, and returns its facts.

An action, because only that can send a script over the connection's standard input: ``raw`` would put it on a command
line, ``script`` into a file on the host, and modules need a Python that old V4 servers do not have. The client's secret
for pseudonyms is made here, goes the same way, and is in no variable and no result.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from diagnostics import probe, pseudonyms
from diagnostics.targets import INVENTORY, Target, TargetError
from diagnostics.transport.session import Session

ARGUMENTS = {
    "root": {"type": "str", "default": ""},
    "peer_url": {"type": "str", "default": ""},
    "client": {"type": "str", "default": ""},
    "limit_seconds": {"type": "int", "default": 60},
}


class ActionModule(ActionBase):
    """``root``: the installation's directory. ``client``: whose pseudonyms. Returns ``facts`` (docs/facts.md)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        """Changes nothing, so it also runs in check mode."""
        result = super().run(tmp, task_vars)
        host = (task_vars or {}).get("inventory_hostname", "the host")
        _, given = self.validate_argument_spec(ARGUMENTS)
        try:
            options = probe.Options(
                root=given["root"],
                peer_url=given["peer_url"],
                salt=pseudonyms.salt(given["client"]),
                limit_seconds=given["limit_seconds"],
            )
            session = Session(Target(host, INVENTORY, host), probe.script(options))
            # Becoming another user is Ansible's work here.
            done = self._low_level_execute_command(session.command, in_data=session.input, sudoable=True)
            answer = session.answer(done["stdout"].encode(errors="surrogateescape"), done["stderr"].encode())
            facts = probe.parse(answer)
        except (TargetError, probe.ProbeError) as error:
            raise AnsibleError(str(error)) from None
        return {**result, "changed": False, "facts": facts}
