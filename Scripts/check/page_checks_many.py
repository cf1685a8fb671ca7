"""Tests of the page: many clients and rounds."""

from __future__ import annotations

import time

import fake_server as fake
from page_bench import (
    DESKTOP, PHONE, Bench, check, check_contrast, check_labels, check_no_sideways_scroll, equal,
    expect, text, texts,
)
from page_scenes import large_run


@check
def stays_quick_with_many(bench: Bench) -> None:
    page = bench.open()
    state = fake.new_state(1_000, 500)
    for client in range(1_000):
        fake.join(state, client)
    for _ in range(400):
        fake.open_round(state)
        for index in (0, 1, 2):
            fake.report(state, index)
        fake.close_round(state)
    fake.open_round(state)
    fake.lose(state, 700, "connection lost")
    bench.show(page, state)
    equal(page.locator("#clients-body tr").count(), 200, "the number of rows")
    equal(text(page, "#more-text"), "Newest first, and 800 more.", "what is below them")
    state["clients"][700]["lastSeen"] = fake.utc(-5)
    state["clients"][650]["lastSeen"] = fake.utc(-3)
    bench.show(page, state)
    equal(texts(page, "#clients-body tr:first-child td")[:2], ["700", "lost"], "the first row")
    equal(texts(page, "#clients-body tr:nth-child(2) td")[:1], ["650"], "the second row")
    check_labels(page, "400 of 500 rounds")
    bench.screenshot(page, "many-desktop-light")
    longest = page.evaluate("""async () => {
        const state = await (await fetch('state')).text();
        const source = new EventSource('events');
        const begin = performance.now();
        await new Promise(done => source.addEventListener('state', done, {once: true}));
        source.close();
        return performance.now() - begin; }""")
    expect(longest < 2_000, f"a state of 1,000 clients took {longest:.0f} ms to come")
    begin = time.monotonic()
    for _ in range(10):
        fake.say(state, "one more line")
        bench.show(page, state)
    each = (time.monotonic() - begin) / 10
    expect(each < 0.5, f"an update with 1,000 clients took {each * 1_000:.0f} ms")


@check
def shows_a_large_population(bench: Bench) -> None:
    for scheme, size, device, limit in (("light", DESKTOP, "desktop", 200), ("dark", PHONE, "phone", 50)):
        page = bench.open(size, scheme)
        state = large_run(target_accuracy=0.97)
        bench.show(page, state)
        rows = texts(page, "#clients-body tr .name")
        equal(rows, [str(client) for client in range(299, 299 - limit, -1)], "the clients shown")
        equal(text(page, "#more-text"), f"Newest first, and {300 - limit} more.",
              "what is below them")
        state["clientsSeen"] = 4_321
        bench.show(page, state)
        equal(text(page, "#more-text"), f"Newest first, and {4_321 - limit:,} more.",
              "what is below them")
        page.get_by_label("seconds", exact=True).check()
        check_labels(page, f"a large population on {device}")
        check_contrast(page, f"a large population on {device}")
        check_no_sideways_scroll(page, f"a large population on {device}")
        bench.screenshot(page, f"large-{device}-{scheme}")
        page.context.close()
