"""The report on a run as pages that need nothing else: one for the MSP over all clients, one for a customer."""

from __future__ import annotations

import datetime
from pathlib import Path

from diagnostics.report.html import environment

from . import overview_text as words
from .overview import DONE, ORDER, WORDS

TEMPLATES = Path(__file__).resolve().parent / "templates"
TONES = {"ok": "pass", "warn": "warn", "held": "skip", "not started": "skip", "running": "skip", "stopped": "warn"}
# What is counted, as a customer calls it; what is not here is written as it is.
NAMES = {
    "company_gateways": "payment gateways",
    "client_contacts": "contacts of clients",
    "vendor_contacts": "contacts of vendors",
    "expense_documents": "attachments of expenses",
    "invoice_documents": "attachments of invoices and quotes",
    "documents": "attachments",
}
COLOURS = 8  # of stages in the chart, .s0 to .s7 in the template


def overview(report: dict, made: datetime.datetime) -> str:
    """The MSP's page over all clients. made: when, as it is shown."""
    longest = max((each["seconds"] for each in report["clients"]), default=0.0)
    stages = list(dict.fromkeys(each["stage"] for client in report["clients"] for each in client["stages"]))
    return _render(
        "overview.html",
        report,
        made,
        clients=words.in_order(report),
        longest=longest,
        stages=stages,
        bars=lambda client: bars(client, stages, longest),
        differences=kinds_of_differences(report["clients"]),
    )


def customer(report: dict, client: dict, made: datetime.datetime) -> str:
    """A customer's page in plain words: no host, no path, no command. made: when, as it is shown."""
    counted = [each for each in client["counts"] if each.get("what") == "count"]
    live = client["status"] in DONE and any(each["stage"] == "cutover" for each in client["stages"])
    counted = [each for each in counted if _shown(each)]
    return _render("customer.html", report, made, client=client, counted=counted, live=live)


def bars(client: dict, stages: list, longest: float) -> list:
    """The parts of a client's bar in the chart: ``stage``, ``seconds``, ``colour``, ``x`` and ``width`` of 1000.

    What no stage accounts for (waiting for other clients, say) is the last part, without a stage.
    """
    parts, x, end = [], 0.0, 1000 * client["seconds"] / longest if longest > 0 else 0.0
    for each in client["stages"]:
        width = min(1000 * each["seconds"] / longest, end - x) if end else 0.0
        parts.append((each["stage"], each["seconds"], stages.index(each["stage"]) % COLOURS, x, width))
        x += width
    parts.append(("", (end - x) * longest / 1000, "rest", x, end - x))
    names = ("stage", "seconds", "colour", "x", "width")
    return [dict(zip(names, each)) for each in parts if each[-1] > 0]


def kinds_of_differences(clients: list) -> list:
    """The differences of all clients by their kind: ``kind``, ``total``, ``known``, ``clients``."""
    kinds: dict = {}
    for client in clients:
        for each in client["differences"].get("kinds", []):
            kind = kinds.setdefault(each["kind"], {"kind": each["kind"], "total": 0, "known": 0, "clients": []})
            kind["total"] += each.get("total", 0)
            kind["known"] += each.get("known", 0)
            kind["clients"].append(client["client"])
    return sorted(kinds.values(), key=lambda each: (each["known"] - each["total"], each["kind"]))


def entity(name: str) -> str:
    """A kind of record as a person calls it."""
    return NAMES.get(name, name.replace("_", " "))


def day(at: str) -> str:
    """A time of a record as a day: ``24 September 2026``."""
    return f"{datetime.date.fromisoformat(at[:10]):%-d %B %Y}" if at else ""


def _shown(line: dict) -> bool:
    return bool(words.number(line.get("v4")) or words.number(line.get("v5")))


def _render(template: str, report: dict, made: datetime.datetime, **more: object) -> str:
    made_with = environment(TEMPLATES)
    made_with.filters.update(
        duration=words.duration, when=words.when, day=day, entity=entity, number=words.number, facts=words.facts
    )
    return made_with.get_template(template).render(
        report=report,
        made=made.strftime("%Y-%m-%d %H:%M %Z").strip(),
        words=WORDS,
        order=ORDER,
        tones=TONES,
        done=DONE,
        notices=words.notices(report),
        troubles=words.hook_troubles,
        **more,
    )
