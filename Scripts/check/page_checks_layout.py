"""Tests of the page: phones, contrast, keyboard and pointer."""

from __future__ import annotations

import fake_server as fake
from page_bench import (
    DESKTOP, PHONE, Bench, check, check_contrast, check_labels, check_no_sideways_scroll, equal,
    expect, text, texts,
)
from page_scenes import moment, ended


@check
def fits_a_phone(bench: Bench) -> None:
    for width in (320, 375, 430, 640, 768, 1024, 1920):
        page = bench.open((width, 800))
        for name, state in [("waiting", fake.new_state()), ("one round", moment(1)),
                            ("training", moment(2, reported=3)), ("end", ended())]:
            bench.show(page, state)
            check_no_sideways_scroll(page, f"{name} at {width} px")
            check_labels(page, f"{name} at {width} px")
        cut = page.evaluate("""() => [...document.querySelectorAll('td, dd, dt, h1, h2, p, th')].filter(node =>
            node.checkVisibility() && !node.closest('thead, #clients-box') && node.scrollWidth > node.clientWidth + 1)
            .map(node => node.textContent.slice(0, 40))""")
        expect(cut == [], f"cut off at {width} px: {cut[:5]}")
        page.context.close()
    page = bench.open(PHONE)
    bench.show(page, moment(2, reported=3))
    row = page.locator("#clients-body tr").first
    expect(row.bounding_box()["width"] <= 375, "a client's card is wider than the phone")
    label = row.locator("td").nth(2).evaluate(
        "node => getComputedStyle(node, '::before').content")
    equal(label, '"samples"', "the label in a client's card")
    equal(row.get_attribute("role"), "row", "the role of a row that is drawn as a card")


@check
def can_be_read(bench: Bench) -> None:
    for scheme in ("light", "dark"):
        for size, device in ((DESKTOP, "desktop"), (PHONE, "phone")):
            page = bench.open(size, scheme)
            state = moment(7, reported=3, insecure=True)
            fake.lose(state, 4, "connection reset by peer")
            bench.show(page, state)
            check_contrast(page, f"{scheme} {device}")
            state["run"]["insecure"] = False
            bench.show(page, state)
            bench.screenshot(page, f"training-{device}-{scheme}")
            bench.show(page, ended())
            bench.screenshot(page, f"end-{device}-{scheme}")
            page.context.close()
    page = bench.open(scheme="dark")
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    expect(back == "rgb(15, 20, 26)", f"the page is {back} in dark mode")


@check
def works_by_keyboard_and_pointer(bench: Bench) -> None:
    page = bench.open()
    state = moment(3)
    bench.show(page, state)
    page.keyboard.press("Tab")
    equal(page.evaluate("document.activeElement.value"), "rounds", "what Tab reaches first")
    page.keyboard.press("ArrowRight")
    equal(texts(page, "#accuracy .title")[0], "seconds", "the axis after an arrow key")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    equal(page.evaluate("document.activeElement.id"), "accuracy", "what Tab reaches next")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    equal(outline, "solid", "the outline of what has the focus")
    for key, number in [("ArrowRight", 1), ("ArrowRight", 2), ("End", 3), ("ArrowLeft", 2)]:
        page.keyboard.press(key)
        accuracy = state["rounds"][number - 1]["accuracy"]
        expect(text(page, "#accuracy .tip").startswith(f"round {number}: {accuracy:.2%}"),
               f"after {key} the chart says {text(page, '#accuracy .tip')!r}")
    page.keyboard.press("Escape")
    equal(page.locator(".tip").count(), 0, "the number of notes after Escape")
    box = page.locator("#loss").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 50)
    expect(text(page, "#loss .tip").startswith("round 3: "), "the pointer finds no round")
    inside = page.evaluate("""() => {
        const tip = document.querySelector('#loss .tip').getBoundingClientRect();
        const box = document.querySelector('#loss').getBoundingClientRect();
        return tip.left >= box.left && tip.right <= box.right; }""")
    expect(inside, "the note leaves the chart")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName"))
    for name in ("SUMMARY", "Table of clients", "Log of events"):
        expect(name in reached, f"Tab does not reach {name}: {reached}")
    equal(page.locator("#status").get_attribute("aria-live"), "polite", "the status's aria-live")
    name = page.locator("#accuracy svg").get_attribute("aria-label")
    expect(name.startswith(f"Server accuracy: {state['rounds'][2]['accuracy']:.2%} after round 3"),
           f"the picture's name is {name!r}")
