"""The HTML report in a real Chromium: on a phone and on a desk, in the light, in the dark and on paper."""

from __future__ import annotations

import base64

import chromium
import pytest

from diagnostics.diagnosis import Diagnosis, Host
from diagnostics.findings import FAIL, PASS, SKIP, WARN, Finding
from diagnostics.report import html
from tests import report_samples as samples

WIDTHS = (390, 1280)
LONG = "A" * 3000  # without a place to break


def without_end() -> Diagnosis:
    """Text that no screen has room for, wherever text of a host is shown."""
    findings = [
        Finding("logs.known-errors", status, f"Title {LONG}", f"{LONG}\n{LONG}", f"cd /{LONG}", "p", f"host{LONG}")
        for status in (FAIL, WARN, SKIP, PASS)
    ]
    findings.append(Finding("tls.chain", FAIL, LONG, LONG, LONG, "p", LONG, ignored=LONG))
    return Diagnosis(f"ssh://{LONG}", [Host(f"host{LONG}", "v5", LONG, findings, {"email": 10**9})])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "report.html"
    diagnoses = [samples.client(), without_end(), samples.dead(), samples.well()]
    file.write_text(html.text(diagnoses, samples.MADE), encoding="utf-8", errors="backslashreplace")
    return file


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_page(browser, page, width, media):
    browser.open(page, width)
    browser.call("Emulation.setEmulatedMedia", media=media)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.value("innerWidth") == width
    assert browser.value("document.documentElement.scrollWidth") <= width
    outside = browser.value(
        "[...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth)"
        ".map(each => each.outerHTML.slice(0, 100))"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
    assert outside == []


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_wrong_can_be_read_at_once(browser, page, width):
    browser.open(page, width)
    shown = browser.value(
        "[...document.querySelectorAll('details')].map(each => [each.className, each.open,"
        " each.querySelector('summary').checkVisibility(), each.querySelector('.body').checkVisibility(),"
        " each.querySelector('.body').getBoundingClientRect().height > 20, each.innerText])"
    )
    assert shown
    for classes, opened, summary, body, tall, text in shown:
        status, known = classes.split()[0], "known" in classes
        assert summary
        assert opened is body is (status in ("fail", "error", "warn") and not known), text[:100]
        assert tall or not body, text[:100]
    assert sum("known" in classes for classes, *_ in shown) == 2
    # The summary stands on top: on a phone too, it is seen without scrolling.
    assert browser.value("document.querySelector('.counts').getBoundingClientRect().bottom") < 300


@pytest.mark.parametrize("width", WIDTHS)
def test_details_open_and_close(browser, page, width):
    browser.open(page, width)
    first = "document.querySelector('details.skip')"
    browser.value(f"{first}.scrollIntoView({{block: 'center'}})")
    x, y = browser.value(
        f"(box => [box.left + box.width / 2, box.top + box.height / 2])"
        f"({first}.querySelector('summary').getBoundingClientRect())"
    )
    seen = f"{first}.querySelector('.body').checkVisibility()"
    assert browser.value(seen) is False
    browser.click(x, y)
    assert browser.value(seen) is True
    browser.click(x, y)
    assert browser.value(seen) is False


def test_it_asks_for_nothing_and_runs_nothing(browser, page):
    browser.open(page, 1280)
    asked = [
        each["params"]["request"]["url"] for each in browser.events if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page.as_uri()]
    strange = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening")
    assert [each for each in browser.events if each["method"] in strange] == []
    assert browser.value("document.scripts.length") == 0
    assert "<script>alert(1)</script>" in browser.value("document.body.innerText")


CONTRAST = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = rgb => {
    const [r, g, b] = rgb.slice(0, 3).map(each => each / 255)
      .map(each => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = each => {
    for (; each; each = each.parentElement) {
      const rgb = parts(getComputedStyle(each).backgroundColor);
      if (rgb.length < 4 || rgb[3] > 0) return rgb;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const each of document.querySelectorAll('body *')) {
    if (![...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const [a, b] = [light(parts(getComputedStyle(each).color)), light(behind(each))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5 && !each.closest('.zero')) low.push([ratio, each.outerHTML.slice(0, 100)]);
  }
  return {low, back: light(behind(document.body))};
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(browser, page, scheme):
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page, 390)
    found = browser.value(CONTRAST)
    browser.call("Emulation.setEmulatedMedia", features=[])
    assert found["low"] == []
    assert (found["back"] > 0.5) is (scheme == "light")


def test_it_can_be_printed(browser, page):
    browser.open(page, 1280)
    printed = base64.b64decode(browser.call("Page.printToPDF", printBackground=False)["data"])
    assert printed.startswith(b"%PDF-")
