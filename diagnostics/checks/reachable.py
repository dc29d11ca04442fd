"""Whether the host was reached at all. Where it was not, there are no facts: diagnosis.unreachable() says so."""

from __future__ import annotations

from ..check import BOTH, Fine, check
from ..facts import Facts


@check("host.reachable", "The host can be reached and the probe runs there", kinds=(*BOTH, ""))
def reachable(facts: Facts) -> Fine:
    who = facts.get("probe/user")
    return Fine(f"The probe ran there as {who}" if who else "")
