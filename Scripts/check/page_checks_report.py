"""Tests of the page: the report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import fake_server as fake
from fake_details import enrich
from page_bench import (
    Bench, check, check_labels, check_no_sideways_scroll, equal, expect, points, text, texts,
)
from page_scenes import HOSTILE, ended


@check
def is_a_report_with_data_inlined(bench: Bench) -> None:
    page_text = fake.page_text()
    equal(page_text.count(fake.SLOT), 1, "the number of places for the data")
    state = ended() | {"drops": None, "events": None}
    state["run"]["model"] = HOSTILE
    for client in state["clients"]:
        client.update(state=None, lastSeen=None, bytesReceived=None, bytesSent=None,
                      imagesPerSecond=None)
    state["run"]["rows"] = fake.rows(state["run"])
    data = json.dumps(state).replace("<", "\\u003c")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(page_text.replace(fake.SLOT, fake.SLOT.replace("null", data)),
                        encoding="utf-8")
        asked: list[str] = []
        page = bench.open(address="about:blank")
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector("#accuracy svg")
        equal(len(points(page, "accuracy")), 12, "the number of points")
        equal(page.locator("#clients-body tr").count(), 5, "the number of rows")
        equal(text(page, "#status"), "Finished: all rounds are done", "the status")
        expect(text(page, "#link").startswith("report"), "the report says it is live")
        expect(page.locator("#lost").is_hidden(), "the report has lost a connection")
        check_labels(page, "the report")
        expect(HOSTILE in text(page, "#settings"), "the model's name is not shown as it is")
        expect(page.locator("#drops").is_hidden(), "drops are shown that nobody recorded")
        equal(texts(page, "#clients-head th"), ["client", "samples", "accuracy"], "the columns")
        page.wait_for_timeout(1_500)
        equal([url for url in asked if not url.startswith(("file:", "data:"))], [],
              "what the report asked for")
        bench.screenshot(page, "report-desktop-light")
        page.set_viewport_size({"width": 375, "height": 800})
        check_no_sideways_scroll(page, "a report on a phone")


@check
def is_whole_on_paper(bench: Bench) -> None:
    state = enrich(ended(clients=5, of=40), classes=30) | {"steering": None}
    state["clients"] = [state["clients"][0] | {"client": index, "history": None}
                        for index in range(230)]
    state["drops"] = [state["drops"][0] | {"client": index} for index in range(40)]
    data = json.dumps(state).replace("<", "\\u003c")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(fake.page_text().replace(fake.SLOT, fake.SLOT.replace("null", data)),
                        encoding="utf-8")
        page = bench.open(address=file.as_uri(), scheme="dark")
        equal(page.locator("#clients-body tr").count(), 200, "the rows on the screen")
        equal(page.locator("#confusion tbody tr").count(), 0, "the rows of a closed matrix")
        page.emulate_media(media="print")
        page.wait_for_function("() => document.querySelectorAll('#clients-body tr').length === 230")
        page.locator("#confusion tbody tr").first.wait_for()
        equal(page.locator("#confusion tbody tr").count(), 30, "the rows of the matrix")
        equal(page.locator("#rounds-body tr").count(), 40, "the rows of the rounds")
        equal(page.locator("#division-table tbody tr").count(), 230, "the rows of the classes")
        expect(page.locator("#rounds-body tr").last.is_visible(), "the rounds are closed on paper")
        cut = page.evaluate("""() => [...document.querySelectorAll('.box, .feed')].filter(node =>
            node.checkVisibility() && node.scrollHeight > node.clientHeight + 1).map(node => node.id)""")
        equal(cut, [], "the boxes that cut something off")
        expect(page.locator("button:visible").count() == 0, "there is something to press on paper")
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        equal(back, "rgb(255, 255, 255)", "the paper of a dark screen")
        pages = page.pdf()
        expect(pages.startswith(b"%PDF") and pages.count(b"/Type /Page") > 10, "there is no paper")
        page.emulate_media(media="screen")
        page.wait_for_function("() => document.querySelectorAll('#clients-body tr').length === 200")
        expect(not page.locator("#confusion-details").evaluate("node => node.open"),
               "what paper opened stays open")
