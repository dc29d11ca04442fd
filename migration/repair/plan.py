"""Makes the plan of a repair from a reconciliation and a look at V5, without touching anything."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .. import counts
from . import balances, documents, leftovers

PARTS = ("documents", "balances", "leftovers")


def queries(result: Mapping[str, Any], parts: Iterable[str]) -> dict[str, str]:
    """SQL for V5 that `make` needs the rows of. result: the reconciliation's document."""
    key = counts.checked_key(str(result["company_key"]))
    found = {}
    if "documents" in parts:
        found.update(documents.v5_queries(result["differences"], key))
    if "balances" in parts:
        found.update(balances.queries(result["differences"], key))
    return found


def make(
    result: Mapping[str, Any],
    hashed: Mapping[str, str],
    rows: Mapping[str, Any],
    v4_rows: Mapping[str, Any],
    found: Mapping[str, Any],
    parts: Iterable[str],
    client: str = "CLIENT",
) -> dict[str, Any]:
    """The plan: `steps` and `left` (see `steps`), `other`: ids of differences that no part of a repair mends, `client`.

    hashed: V5's hashed ids of what `documents.parents` found. rows: the answer to `queries`. v4_rows: the answer to
    `documents.v4_queries`. found: from `leftovers.look`. Each is {} where its part is not asked for.
    """
    steps: list[dict[str, Any]] = []
    remaining: list[dict[str, Any]] = []
    differences = result["differences"]
    if "documents" in parts:
        more, kept = documents.plan(differences, documents.parents(differences, rows, v4_rows), hashed)
        steps, remaining = steps + more, remaining + kept
    if "balances" in parts:
        more, kept = balances.plan(differences, rows)
        steps, remaining = steps + more, remaining + kept
    if "leftovers" in parts:
        more, kept = leftovers.plan(found, str(result["company_key"]))
        steps, remaining = steps + more, remaining + kept
    touched = {name for one in steps for name in one["data"].get("differences", [])}
    named = {one["id"] for one in remaining}
    open_ = [one for one in differences if not one["known"] and one["id"] not in touched | named]
    other = [one["id"] for one in open_ if _part(one) in ("", *parts)]
    for one in remaining:
        one["remedy"] = one["remedy"].replace("CLIENT", client)
    return {"steps": steps, "left": remaining, "other": sorted(other), "client": client}


def _part(difference: Mapping[str, Any]) -> str:
    """The part of a repair that such a difference is for, "" for none."""
    entity, field = difference["entity"], difference["field"]
    if entity == "documents":
        return "documents"
    return "balances" if field in balances.FIELDS.get(entity, ()) or (entity, field) == ("invoices", "status") else ""


def findings(made: Mapping[str, Any], parts: Iterable[str]) -> list[dict[str, Any]]:
    """A finding a part (`id`, `status`, `title`, `rows`): pass where nothing is to be done, warn where something is.

    rows: the steps (`id`, `title`, `destroys`), and what is left (`id`, `title`: the reason, `remedy`).
    """
    found = []
    for part in parts:
        steps = [one for one in made["steps"] if one["part"] == part]
        remaining = [one for one in made["left"] if one["part"] == part]
        rows = [{name: one[name] for name in ("id", "title", "destroys")} for one in steps]
        rows += [{"id": one["id"], "title": one["reason"], "remedy": one["remedy"]} for one in remaining]
        title = (
            f"{part}: {len(steps)} to do, {len(remaining)} that no repair can do" if rows else f"{part}: nothing to do"
        )
        found.append(
            {"id": f"repair.{part}", "status": "warn" if rows else "pass", "title": title, "rows": rows, "remedy": ""}
        )
    return found


def lines(made: Mapping[str, Any], part: str, limit: int = 50) -> list[str]:
    """A line a step of the part, for a person, at most `limit`; part "": what is left, and what no part mends."""
    if part:
        said = [_line(one) for one in made["steps"] if one["part"] == part]
    else:
        said = [one["reason"] + (f". Look with: `{one['remedy']}`" if one["remedy"] else "") for one in made["left"]]
        said += [
            f"No repair mends {name}; see it with: `./cli.py reconcile {made['client']}`" for name in made["other"]
        ]
    more = len(said) - limit
    return said[:limit] + ([f"… and {more} more"] if more > 0 else [])


def _line(one: Mapping[str, Any]) -> str:
    return one["title"] + (f" (gone then: {one['destroys']})" if one["destroys"] else "")


def troubles(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each attachment that was not put back. documents: what v4_documents and v5_documents returned."""
    return [f"{one['id']}: {str(one['trouble']).rstrip('.')}." for one in documents if one["trouble"]]
