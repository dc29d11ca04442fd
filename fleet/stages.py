"""Which stage of a client's way a play belongs to: the verb of the playbook that it stands in."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

from .remedies import PROJECT

WHOLE = "site.yml"  # imports the others in their order
OWN = {  # plays of site.yml itself that do something
    "Finish or undo an upgrade of V4 that was killed": "upgrade",
    "Look whether V5 is in use already": "verify",
    "Leave a client alone that is cut over": "cutover",
}


def verb_of(playbook: str) -> str:
    """The verb that runs a playbook, from its file's name: ``verify`` of ``playbooks/verify_v4.yml``."""
    name = Path(playbook).name
    return "run" if name == WHOLE else re.sub(r"_v[45]$", "", Path(name).stem).replace("_", "-")


@functools.lru_cache(maxsize=None)
def of_plays() -> dict:
    """Play → stage, for the plays of all playbooks."""
    found = {}
    for file in sorted((PROJECT / "playbooks").glob("*.yml")):
        if file.name != WHOLE:
            plays = [each for each in yaml.safe_load(file.read_text()) or [] if "hosts" in each]
            found.update({each["name"]: verb_of(file.name) for each in plays})
    return {**found, **OWN}


@functools.lru_cache(maxsize=None)
def order() -> tuple:
    """The stages in the order in which site.yml goes through them."""
    entries = yaml.safe_load((PROJECT / "playbooks" / WHOLE).read_text())
    files = [each.get("ansible.builtin.import_playbook") for each in entries]
    return tuple(verb_of(each) for each in files if each)
