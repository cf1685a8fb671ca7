"""Tests of the store's page: what changes while it is looked at."""

from __future__ import annotations

import fake_store as fake
from page_bench import check, equal, expect, text
from store_bench import StoreBench as Bench, box, chosen, column, shown, wait_for_lines, wait_for_text


@check
def follows_what_changes(bench: Bench) -> None:
    page = bench.look(30, fragment="chosen=20261101_000000")
    wait_for_lines(page, 1)
    path = "document.querySelector('#accuracy .curve').getAttribute('d')"
    before, asked = page.evaluate(path), len(bench.store.requests)
    bench.store.advance("20261101_000000")
    page.wait_for_function("() => document.querySelector('#runs-body tr').textContent.includes('6 of 20')")
    page.wait_for_function(f"before => {path} !== before", arg=before)
    news = bench.store.requests[asked:]
    expect(all(one.startswith("/runs?since=") or one.endswith("/state") for one in news)
           and len(news) <= 4, f"for one round it asked for {news}")
    bench.store.put(*fake.entry(40, startedAt="2030-01-01T00:00:00Z", name="the new one"))
    page.wait_for_function("() => document.querySelector('#runs-body tr').textContent.includes('the new one')")
    equal(text(page, "#found"), "31 runs", "how many there are")
    equal(page.title(), "31 runs · 2 running · federated", "the title")
    bench.store.remove("20261101_000004")
    wait_for_text(page, "#found", "30 runs")
    expect("20261101_000004" not in shown(page), "a removed run is still there")


@check
def a_chosen_run_may_go(bench: Bench) -> None:
    page = bench.look(5)
    for name in bench.store.names[:3]:
        box(page, name).check()
    wait_for_lines(page, 3)
    bench.store.remove("20261101_000001")
    wait_for_lines(page, 2)
    wait_for_text(page, "#chosen-count", "2 runs chosen")
    equal(text(page, "#said"), "1 chosen run is no longer in the store.", "what is said of it")
    for name in ("20261101_000000", "20261101_000002"):
        bench.store.remove(name)
    page.wait_for_selector("#compare", state="hidden")
    for name in bench.store.names:
        bench.store.remove(name)
    page.wait_for_selector("#none:visible")


@check
def changes_leave_focus_and_order_alone(bench: Bench) -> None:
    page = bench.look(30)
    page.locator("th[data-key=accuracy] button").click()
    first = shown(page)[0]
    box(page, first).focus()
    page.evaluate("row => { window.kept = document.querySelector('#runs-body tr'); }")
    bench.store.change(first, accuracy=0.01)
    page.wait_for_function("id => document.querySelector('#runs-body tr:last-child').dataset.id === id", arg=first)
    equal(page.evaluate("document.activeElement.closest('tr').dataset.id"), first, "the row that has the focus")
    expect(page.evaluate("window.kept.isConnected"), "the row was made anew")
    bench.store.remove(first)
    page.wait_for_function("id => document.querySelector(`#runs-body tr[data-id='${id}']`) === null", arg=first)
    equal(page.evaluate("document.activeElement.id"), "runs-box", "where the focus is after the row has gone")


@check
def comes_back_after_an_outage(bench: Bench) -> None:
    page = bench.look(30)
    page.wait_for_function("() => document.querySelectorAll('#runs-body tr').length === 30")
    bench.outage = True
    bench.store.stop()
    page.wait_for_selector("#lost:visible")
    expect(text(page, "#lost").startswith("Connection lost, trying again. What you see is from "),
           f"the banner says {text(page, '#lost')!r}")
    equal(len(shown(page)), 30, "the rows during the outage")
    # Another server, which counts its revisions anew.
    bench.store.revision = 0
    bench.store.remove("20261101_000002")
    bench.store._removed.clear()
    bench.store.start()
    page.wait_for_selector("#link.live")
    expect(page.locator("#lost").is_hidden(), "the banner stays")
    wait_for_text(page, "#found", "29 runs")
    bench.store.advance("20261101_000000")
    page.wait_for_function("() => document.querySelector('#runs-body').textContent.includes('6 of 20')")


@check
def does_without_events(bench: Bench) -> None:
    bench.store.streams = False
    bench.outage = True  # the 404s
    page = bench.look(5)
    page.get_by_text("live, every 2 s", exact=True).wait_for()
    bench.store.change("20261101_000001", name="renamed elsewhere")
    wait_for_text(page, "#runs-body", "renamed elsewhere")
    bench.store.remove("20261101_000002")
    wait_for_text(page, "#found", "4 runs")


@check
def a_hidden_tab_keeps_no_stream(bench: Bench) -> None:
    page = bench.look(3)
    page.wait_for_timeout(300)
    hide = """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); }"""
    streams = bench.store.requests.count("/events")
    page.evaluate(hide, True)
    page.wait_for_timeout(500)
    asked = len(bench.store.requests)
    bench.store.change("20261101_000001", name="renamed unseen")
    page.wait_for_timeout(1_000)
    equal(len(bench.store.requests), asked, "the questions of a tab that nobody sees, in its first second")
    page.evaluate(hide, False)
    wait_for_text(page, "#runs-body", "renamed unseen")
    page.wait_for_timeout(300)
    equal(bench.store.requests.count("/events"), streams + 1, "the streams after it is seen again")


@check
def a_column_comes_with_its_first_value(bench: Bench) -> None:
    bench.store.put(*fake.entry(1, tags=[]))
    page = bench.look()
    equal(page.locator("th[data-key=tags]").count(), 0, "columns of tags in a store without tags")
    box(page, "20261101_000001").check()
    bench.store.change("20261101_000001", tags=["first"])
    page.wait_for_selector("th[data-key=tags]")
    equal(column(page, "tags"), ["first"], "the tags")
    equal(chosen(page), ["20261101_000001"], "what is chosen")
