"""What can be broken on a lab machine, so that one check finds it: `all_faults()` is the whole table.

fault_table_a.py has the groups host, php, web, tls, permissions, exposure and mail, fault_table_b.py the others.
"""

from __future__ import annotations

from dataclasses import dataclass

# For two seconds V5's PHP may go on with the cached configuration that it has in memory.
FORGET = "systemctl reset-failed php8.2-fpm; systemctl restart php8.2-fpm"


@dataclass(frozen=True)
class Fault:
    """One fault. Breaking and mending are exact inverses, quick, and hurt as few other checks as possible.

    check_id: the check that must find it on ``host`` (``v4`` or ``v5``), and must not without it.
    break_, mend: shell for root. on: the machine where they run, where it is not ``host``.
    certificate: instead of shell, the kind of wrong certificate (lab.faults.wrong_certificate) that the machine serves.
    also: other checks (ids or groups) that rightly say something then. notes: what a reader must know.
    """

    check_id: str
    host: str
    break_: str = ""
    mend: str = ""
    also: tuple[str, ...] = ()
    on: str = ""
    certificate: str = ""
    notes: str = ""

    @property
    def machine(self) -> str:
        """Where it is broken: ``v4`` or ``v5``."""
        return self.on or self.host

    def __str__(self) -> str:
        return f"{self.check_id}-{self.host}"


def all_faults() -> list[Fault]:
    """Every fault of the table."""
    from fault_table_a import FAULTS as a
    from fault_table_b import FAULTS as b

    return [*a, *b]
