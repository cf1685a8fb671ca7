"""Tests of the page: the connection."""

from __future__ import annotations

import re

import fake_server as fake
from page_bench import Bench, check, equal, expect, points, text, wait_for_points
from page_scenes import moment, ended


@check
def comes_back_after_a_restart(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, moment(2))
    bench.outage = True
    bench.server.stop()
    page.wait_for_selector("#lost:visible")
    expect(text(page, "#lost").startswith("Connection lost, trying again. What you see is from "),
           f"the banner says {text(page, '#lost')!r}")
    equal(text(page, "#link"), "connection lost, trying again", "the link's text")
    equal(page.locator("#accuracy svg").count(), 1, "the curve during the outage")
    bench.screenshot(page, "lost-desktop-light")
    page.wait_for_timeout(2_500)
    state = moment(5)
    bench.server.publish(state)
    bench.server.start()
    page.wait_for_selector("#link.live")
    expect(page.locator("#lost").is_hidden(), "the banner stays")
    wait_for_points(page, 5)
    bench.outage = False
    # Not by polling: a stream again.
    polls = bench.server.requests.count("/state")
    bench.show(page, moment(6))
    equal(len(points(page, "accuracy")), 6, "the number of points after the restart")
    equal(bench.server.requests.count("/state"), polls, "the number of requests for /state")
    # Twice more, quickly.
    for number in (7, 8):
        bench.outage = True
        bench.server.stop()
        bench.server.publish(moment(number))
        bench.server.start()
        wait_for_points(page, number)
        page.wait_for_selector("#link.live")


@check
def does_without_streams(bench: Bench) -> None:
    bench.server.streams = False
    bench.outage = True  # the 404s
    page = bench.open()
    page.get_by_text("live, every 2 s", exact=True).wait_for()
    for number in (1, 2):
        bench.show(page, moment(number))
        equal(len(points(page, "accuracy")), number, "the number of points")
    before = len(bench.server.requests)
    page.wait_for_timeout(4_500)
    asked = len(bench.server.requests) - before
    expect(1 <= asked <= 4, f"{asked} requests in 4.5 s: expected one every 2 s")


@check
def follows_a_new_run(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, ended())
    bench.show(page, fake.new_state(3, 4, id="another", experiment=2))
    equal(text(page, "#name"), "Experiment 2", "the headline")
    equal(page.locator(".chart svg").count(), 0, "the number of curves")
    equal(page.locator("#clients-body tr").count(), 0, "the number of rows")
    expect(page.locator("#rounds").is_hidden(), "the table of rounds is still there")


@check
def minds_a_wrong_clock(bench: Bench) -> None:
    bench.server.clock_error_seconds = 3_600
    state = moment(1)
    state["clients"][0]["lastSeen"] = fake.utc(-3_600 + 20)
    bench.server.publish(state)
    page = bench.open()
    seen = text(page, "#clients-body tr:nth-child(1) td:nth-child(5)")
    expect(re.fullmatch(r"(19|2\d) s ago", seen), f"client 0 was last seen {seen!r}")
