"""Which hosts belong to a client: an inventory group with one host in ``v4`` and one in ``v5``."""

from __future__ import annotations

from .errors import MigrationError

RESERVED = {"all", "ungrouped", "v4", "v5", "workers"}


def pair(groups: dict, host: str) -> dict:
    """The client of a host: ``name`` (its group), ``v4`` and ``v5`` (hosts; they may be the same).

    groups: Ansible's ``groups``, a list of hosts a group. A group with several V4 hosts is a group of clients and is
    passed over. Raises MigrationError where no group or more than one fits.
    """
    v4, v5 = set(groups.get("v4", [])), set(groups.get("v5", []))
    mine = {name: set(hosts) for name, hosts in groups.items() if name not in RESERVED and host in hosts}
    found = {
        name: (min(hosts & v4), min(hosts & v5))
        for name, hosts in mine.items()
        if len(hosts & v4) == 1 and len(hosts & v5) == 1
    }
    if not found:
        raise MigrationError(
            f"The host {host} belongs to no client: {_why_none(mine, v4, v5)}", _show(), "client-missing"
        )
    if len(set(found.values())) > 1:
        names = ", ".join(sorted(found))
        raise MigrationError(
            f"The host {host} belongs to several clients ({names}); give each client hosts of its own",
            _show(),
            "client-twice",
        )
    # A group around a single client has the same two hosts; the client's own group is the smaller one.
    name = min(found, key=lambda group: (len(mine[group]), group))
    return {"name": name, "v4": found[name][0], "v5": found[name][1]}


def _why_none(mine: dict, v4: set, v5: set) -> str:
    if not mine:
        return "it is in no group of a client's name"
    lacks = []
    for name, hosts in sorted(mine.items()):
        for side, members in (("v4", hosts & v4), ("v5", hosts & v5)):
            if len(members) != 1:
                lacks.append(f"{name} has {len(members) or 'no'} host{'s' * (len(members) > 1)} in the group {side}")
    return "; ".join(lacks)


def _show() -> str:
    return "ansible-inventory --graph"
