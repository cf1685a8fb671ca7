"""What the tests of the page are made of: a browser, a fake server, and looks at the page."""

from __future__ import annotations

import argparse
import contextlib
import copy
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import fake_server as fake

# A check says why it fails by an AssertionError.
Check = Callable[["Bench"], None]

# An answer of the browser that takes longer is a failure; updates of the page take milliseconds.
PATIENCE_MS = 10_000
PHONE, DESKTOP = (375, 800), (1280, 900)


checks: list[Check] = []


def check(function: Check) -> Check:
    """Makes a function one of the checks that page_test.py runs."""
    checks.append(function)
    return function


def expect(holds: Any, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def equal(got: Any, wanted: Any, what: str) -> None:
    expect(got == wanted, f"{what} is {got!r}, expected {wanted!r}")


class Bench:
    """A browser and a fake server for one check, and what the page complained of."""

    def __init__(self, browser: Any, options: argparse.Namespace) -> None:
        self.browser = browser
        self.options = options
        self.server = fake.FakeServer()
        self.complaints: list[str] = []
        self.outage = False  # while a server is down, the browser's network errors are expected
        self.contexts: list[Any] = []

    def open(self, size: tuple[int, int] = DESKTOP, scheme: str = "light",
             address: str | None = None, **context: Any) -> Any:
        opened = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme,
            timezone_id="UTC", **context)
        opened.set_default_timeout(PATIENCE_MS)
        self.contexts.append(opened)
        page = opened.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.goto(address or self.server.address)
        if address is None:
            page.wait_for_selector("#link.live")
        return page

    def _console(self, message: Any) -> None:
        network = "Failed to load resource" in message.text or "net::ERR" in message.text
        if message.type in ("error", "warning") and not (self.outage and network):
            self.complaints.append(f"console: {message.text}")

    def show(self, page: Any, state: fake.State) -> None:
        """Publishes a state and waits until the page has drawn it."""
        mark = f"mark {time.monotonic_ns()}"
        marked = copy.deepcopy(state)
        marked["version"] = mark
        self.server.publish(marked)
        page.wait_for_function(
            "mark => document.getElementById('footer').textContent.includes(mark)", arg=mark)

    def screenshot(self, page: Any, name: str) -> None:
        if self.options.screenshots:
            self.options.screenshots.mkdir(parents=True, exist_ok=True)
            page.wait_for_timeout(350)  # the progress bar's transition
            page.screenshot(path=self.options.screenshots / f"{name}.png", full_page=True)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.server.stop()


# What is on the page

def text(page: Any, selector: str) -> str:
    return " ".join(page.locator(selector).inner_text().split())


def texts(page: Any, selector: str) -> list[str]:
    # Elements of a picture have no inner text.
    found = page.locator(selector).evaluate_all(
        "nodes => nodes.map(node => node.innerText ?? node.textContent)")
    return [" ".join(one.split()) for one in found]


def points(page: Any, chart: str) -> list[tuple[float, float]]:
    """Where the rounds' points are in the picture, the last one's larger dot left out."""
    return [tuple(point) for point in page.evaluate(
        """chart => [...document.querySelectorAll(`#${chart} circle[r="3.5"]`)].map(
            c => [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))])""", chart)]


def wait_for_points(page: Any, count: int) -> None:
    page.wait_for_function("""count =>
        document.querySelectorAll('#accuracy circle[r="3.5"]').length === count""", arg=count)


def check_no_sideways_scroll(page: Any, when: str) -> None:
    wide = page.evaluate("""() => {
        const limit = document.documentElement.clientWidth;
        return [document.documentElement.scrollWidth - limit, ...[...document.querySelectorAll('body *')]
            .filter(node => node.getBoundingClientRect().right > limit + 0.5
                && !node.closest('thead') && !node.closest('.box') && !node.closest('.feed'))
            .map(node => node.tagName + '#' + node.id + '.' + node.getAttribute('class'))];
    }""")
    expect(wide == [0], f"{when}: the page is {wide[0]} px too wide: {wide[1:6]}")


def check_labels(page: Any, when: str) -> None:
    """No label of a chart overlaps another or leaves the chart."""
    wrong = page.evaluate("""() => [...document.querySelectorAll('.chart svg')].flatMap(svg => {
        const frame = svg.parentElement.parentElement.getBoundingClientRect();
        const labels = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
        const outside = labels.filter(([, r]) => r.left < frame.left || r.right > frame.right
            || r.top < frame.top || r.bottom > frame.bottom).map(([text]) => text + ' is outside');
        const crossing = labels.flatMap(([a, r], i) => labels.slice(i + 1).filter(([, q]) =>
            r.left < q.right && q.left < r.right && r.top < q.bottom - 2 && q.top < r.bottom - 2)
            .map(([b]) => a + ' overlaps ' + b));
        return outside.concat(crossing);
    })""")
    expect(wrong == [], f"{when}: {wrong[:5]}")


def check_contrast(page: Any, when: str) -> None:
    """Every text stands out from what is behind it by 4.5:1 at least (WCAG 2.2, 1.4.3)."""
    low = page.evaluate("""() => {
        // A mixed colour is told in shares: color(srgb 0.5 0.25 1).
        const parse = color => color.match(/[0-9.]+/g).map(Number)
            .map((v, i) => color.startsWith('color(') && i < 3 ? v * 255 : v);
        const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = node => {
            for (; node; node = node.parentElement) {
                const color = parse(getComputedStyle(node).backgroundColor);
                if ((color[3] ?? 1) === 1) return color;
            }
            return [255, 255, 255];
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const low = [];
        let seen = 0;
        while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('script, style')) continue;
            seen += 1;
            const style = getComputedStyle(node);
            const front = light(parse(node instanceof SVGElement ? style.fill : style.color)), back = light(behind(node));
            const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
            if (ratio < 4.5) low.push(walker.currentNode.textContent.slice(0, 30) + ' ' + ratio.toFixed(2));
        }
        return seen < 20 ? ['only ' + seen + ' texts'] : low;
    }""")
    expect(low == [], f"{when}: too little contrast: {low[:5]}")


def find_chromium(given: str | None) -> str:
    for name in [given, os.environ.get("CHROMIUM"), "chromium", "chromium-browser",
                 "google-chrome"]:
        found = shutil.which(name) if name else None
        if found:
            return found
    sys.exit("test_page.py: there is no Chromium: apt install chromium, or say --chromium PATH")


@contextlib.contextmanager
def browser(path: str) -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("test_page.py: Playwright is not installed: make page-test installs it")
    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root, which containers and CI are.
        launched = playwright.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0)
        print(f"Chromium {launched.version}", flush=True)
        yield launched
        launched.close()


def run(function: Check, opened: Any, options: argparse.Namespace,
        kind: type[Bench] | None = None) -> bool:
    began = time.monotonic()
    bench = (kind or Bench)(opened, options)
    try:
        function(bench)
        equal(bench.complaints, [], "what the browser complained of")
        failure = None
    except Exception as error:  # Playwright's timeouts among them: each fails its check only
        failure = f"{type(error).__name__}: {error}"
        for complaint in bench.complaints:
            failure += f"\n       {complaint}"
    finally:
        bench.close()
    mark = "ok  " if failure is None else "FAIL"
    print(f"{mark} {function.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)",
          flush=True)
    if failure:
        print(f"     {failure}", flush=True)
    return failure is None
