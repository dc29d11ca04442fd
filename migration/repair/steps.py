"""What a plan is made of: steps, and what is left."""

from __future__ import annotations

from typing import Any


def step(part: str, id: str, title: str, destroys: str, data: dict[str, Any]) -> dict[str, Any]:
    """One thing to do.

    part: documents, balances or leftovers. id: stable over runs. title: what is done, for a person. destroys: what is
    gone afterwards, "" for nothing. data: what the one who does it needs; no secret.
    """
    return {"id": id, "part": part, "title": title, "destroys": destroys, "data": data}


def left(part: str, id: str, reason: str, remedy: str = "") -> dict[str, Any]:
    """One thing that is not done, with the reason, and the command that helps where there is one."""
    return {"id": id, "part": part, "reason": reason, "remedy": remedy}
