"""The pages of a run, the MSP's and a customer's, in a real Chromium: on a phone, on a desk, in the dark, on paper."""

from __future__ import annotations

import base64

import chromium
import pytest
from test_report_chromium import CONTRAST, WIDTHS

from fleet import artifacts, inventory, overview, pages
from fleet.remedies import Situation
from tests.report_samples import HOSTILE, MADE
from tests.unit import fleet_events

LONG = "A" * 500  # without a place to break
KINDS = ("overview", "customer")


def without_end(report: dict) -> dict:
    """The report with a client whose every text is longer than any screen, and one whose texts mean harm."""
    extra, counted = [], {"what": "count", "v4": "9" * 30, "v5": "1", "known": True}
    for text in (LONG, HOSTILE):
        extra.append(
            {
                **report["clients"][0],
                **{"client": text, "status": "fail", "message": text, "remedy": f"{text} x", "failed_step": text},
                **{"stage": text, "seconds": 30.0},
                "stages": [{"stage": text, "state": text, "seconds": 20.0, "why": text}],
                "counts": [
                    {**dict.fromkeys(("entity", "group", "what", "v4", "v5", "reason"), text), "known": True},
                    {**dict.fromkeys(("entity", "group", "reason"), text), **counted},
                ],
                "differences": {"total": 9, "known": 1, "kinds": [{"kind": f"{text}/{text}", "total": 9, "known": 1}]},
                "findings": [{"id": text, "status": "fail", "title": text, "remedy": text}],
                "hooks": [{"hook": text, "state": "failed", "message": text}],
            }
        )
    finding = {"id": LONG, "status": "warn", "title": LONG, "clients": [LONG, HOSTILE]}
    return {**report, "clients": [*report["clients"], *extra], "findings": [*report["findings"], finding]}


@pytest.fixture(scope="module")
def report():
    folder = fleet_events.DATA / "inventory"
    clients, situation = inventory.find_clients(folder, fleet_events.CLIENTS), Situation("run", (), folder)
    events = fleet_events.recorded()
    return without_end(overview.document(artifacts.of_events(folder, events, clients, situation)))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    written = {"overview": pages.overview(report, MADE)}
    written["customer"] = pages.customer(report, report["clients"][-2], MADE)
    files = {name: folder / f"{name}.html" for name in written}
    for name, text in written.items():
        files[name].write_text(text, encoding="utf-8", errors="backslashreplace")
    return files


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wider_than_the_page(browser, page, kind, width, media):
    browser.open(page[kind], width)
    browser.call("Emulation.setEmulatedMedia", media=media)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width
    outside = browser.value(
        "[...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth + .5)"
        ".map(each => each.outerHTML.slice(0, 100))"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
    assert outside == []


@pytest.mark.parametrize("width", WIDTHS)
def test_who_needs_somebody_stands_on_top_and_open(browser, page, width):
    browser.open(page["overview"], width)
    shown = browser.value(
        "[...document.querySelectorAll('h2')].find(each => each.innerText === 'Clients') &&"
        " [...document.querySelectorAll('details')].filter(each => each.querySelector('.title'))"
        ".map(each => [each.querySelector('.title').innerText.slice(0, 9), each.open])"
    )
    opened = [name for name, is_open in shown if is_open]
    assert opened[:2] == ["fails", LONG[:9]]
    assert "away" in opened
    assert [is_open for name, is_open in shown if name in ("fine", "changes", "warns")] == [False] * 3
    assert browser.value("document.querySelector('.counts').getBoundingClientRect().bottom") < 320


@pytest.mark.parametrize("width", WIDTHS)
def test_the_chart_shows_who_took_how_long(browser, page, report, width):
    browser.open(page["overview"], width)
    found = browser.value(
        "[...document.querySelectorAll('.chart svg')].map(svg => [svg.getAttribute('aria-label'),"
        " svg.getBoundingClientRect().width, [...svg.querySelectorAll('rect')]"
        ".map(each => each.getBoundingClientRect().width)])"
    )
    assert len(found) == len(report["clients"])
    seconds = sorted((each["seconds"] for each in report["clients"]), reverse=True)
    for (label, full, parts), took in zip(found, seconds):
        assert full > 80, label[:50]
        assert sum(parts) == pytest.approx(full * took / seconds[0], abs=len(parts) + 1)
    # A part is as wide as its stage was long.
    fine = next(each for each in report["clients"] if each["client"] == "fine")
    [(_, full, parts)] = [each for each in found if each[0].startswith("fine: ")]
    for part, stage in zip(parts, fine["stages"]):
        assert part == pytest.approx(full * stage["seconds"] / seconds[0], abs=1)


@pytest.mark.parametrize("kind", KINDS)
def test_it_asks_for_nothing_and_runs_nothing(browser, page, kind):
    browser.open(page[kind], 1280)
    asked = [
        each["params"]["request"]["url"] for each in browser.events if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page[kind].as_uri()]
    strange = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening")
    assert [each for each in browser.events if each["method"] in strange] == []
    assert browser.value("document.scripts.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_text_stands_out(browser, page, kind, scheme):
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page[kind], 390)
    found = browser.value(CONTRAST)
    browser.call("Emulation.setEmulatedMedia", features=[])
    assert found["low"] == []
    assert (found["back"] > 0.5) is (scheme == "light")


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_printed(browser, page, kind):
    browser.open(page[kind], 1280)
    printed = base64.b64decode(browser.call("Page.printToPDF", printBackground=False)["data"])
    assert printed.startswith(b"%PDF-")
