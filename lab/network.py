"""The lab's network: a bridge with an address, and masquerading by one nft table, so that apt works in the machines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .state import Lab, LabError, labs_dir, together

KERNEL = Path("/proc/sys")
# The least that a lab needs. Each machine's systemd takes some ten instances of inotify, all of one user's, and the
# kernel's default is 128 for everybody.
NEEDS = {"net/ipv4/ip_forward": 1, "fs/inotify/max_user_instances": 8192, "fs/aio-max-nr": 1048576}


def is_up(lab: Lab) -> bool:
    return Path(f"/sys/class/net/{lab.bridge}").exists()


def refuse_foreign_bridge(lab: Lab) -> None:
    """Raise LabError where a bridge has this lab's name, and this lab was never brought up."""
    if is_up(lab) and not lab.read_settings():
        raise LabError(
            f"There is a bridge {lab.bridge} already, and it is not of a lab in {labs_dir()}."
            " Mend it with: `./cli.py lab up --name ANOTHER`",
            status=2,
        )


def up(lab: Lab) -> None:
    """Make the bridge and the table; safe to repeat."""
    if not is_up(lab):
        _run("ip", "link", "add", lab.bridge, "type", "bridge")
    _run("ip", "address", "replace", f"{lab.gateway}/24", "dev", lab.bridge)
    _run("ip", "link", "set", lab.bridge, "up")
    # Declaring a table before deleting it makes the deletion succeed whether it was there or not.
    rules = (
        f"table ip {lab.table}\n"
        f"delete table ip {lab.table}\n"
        f"table ip {lab.table} {{\n"
        "  chain postrouting {\n"
        "    type nat hook postrouting priority 100;\n"
        f'    ip saddr {lab.network}.0/24 oifname != "{lab.bridge}" masquerade\n'
        "  }\n"
        "}\n"
    )
    # Under one lock, for a lab's table is what keeps another lab's `down` from putting the settings back.
    with together():
        _raise_kernel_settings(lab)
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True, capture_output=True)


def down(lab: Lab) -> None:
    """Remove the bridge and the table; after the last lab, the kernel's settings go back to what they were."""
    if is_up(lab):
        _run("ip", "link", "delete", lab.bridge)
    with together():
        subprocess.run(["nft", "delete", "table", "ip", lab.table], capture_output=True, check=False)
        if "ninjalift_" not in _tables():
            for name, former in lab.read_settings().get("kernel", {}).items():
                (KERNEL / name).write_text(f"{former}\n")


def _raise_kernel_settings(lab: Lab) -> None:
    """Raise what is too low, and remember what each setting was before the first lab."""
    known = [json.loads(file.read_text()).get("kernel", {}) for file in labs_dir().glob("*/lab.json")]
    former = {name: int((KERNEL / name).read_text()) for name in NEEDS}
    for earlier in known:
        former.update(earlier)
    lab.write_settings(kernel=former)
    for name, least in NEEDS.items():
        if int((KERNEL / name).read_text()) < least:
            (KERNEL / name).write_text(f"{least}\n")


def _tables() -> str:
    return subprocess.run(["nft", "list", "tables", "ip"], capture_output=True, text=True, check=True).stdout


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
