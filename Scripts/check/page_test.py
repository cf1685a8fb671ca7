#!/usr/bin/env python3
"""Tests of the live page in headless Chromium, with a scripted run or the real server.

usage: test_page.py [--federated PATH] [--screenshots FOLDER] [--chromium PATH] [CHECK …]

`make page-test` installs what is needed: Debian's chromium (Scripts/setup/setup.sh page) and Playwright
from PyPI in .venv-page (Scripts/setup/venv.sh page). By hand: apt install chromium fonts-dejavu-core, and
pip install -r Scripts/setup/requirements-page.txt in an environment of your own. The browser may be any
Chromium or Chrome: --chromium, else CHROMIUM, else chromium, chromium-browser or google-chrome.
The scripted run needs no Swift. With --federated, `federated report` and `federated serve` are
tested too.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import fake_server as fake
import page_real
from page_bench import (
    DESKTOP, PHONE, Bench, Check, browser, check_contrast, check_labels, check_no_sideways_scroll,
    equal, expect, find_chromium, points, run, text, texts,
    wait_for_points,
)

HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>'
checks: list[Check] = []


def check(function: Check) -> Check:
    checks.append(function)
    return function


# States of the scripted run

def moment(rounds: int, reported: int | None = None, clients: int = 5, of: int = 12,
           **run: Any) -> fake.State:
    """The run when so many rounds are over and so many clients have reported in the next."""
    for state in fake.play(clients, of, **run):
        if len(state["rounds"]) == rounds and (
                reported is None or (state["phase"] == "training" and reported == sum(
                    client["state"] == "reported" for client in state["clients"]))):
            return copy.deepcopy(state)
    raise AssertionError(f"the scripted run has no such moment: {rounds}, {reported}")


def ended(clients: int = 5, of: int = 12, **run: Any) -> fake.State:
    return copy.deepcopy(list(fake.play(clients, of, **run))[-1])


# The checks

@check
def waits_for_clients(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, fake.new_state(5, 12))
    equal(text(page, "#status"), "Waiting for clients", "the status")
    equal(text(page, "#substatus"), "0 of 5 are here", "what is below it")
    equal(texts(page, ".chart .nothing"), ["The curve begins when the first round is over."] * 2,
          "the empty charts")
    equal(page.locator(".chart svg").count(), 0, "the number of curves")
    equal(text(page, "#no-clients"), "No client has joined yet. To join: "
          "federated join http://127.0.0.1:9103 --id 0", "the empty table")
    equal(text(page, "#no-drops"), "No client has been dropped.", "the empty list of drops")
    expect(page.locator("#clients-box").is_hidden(), "an empty table is shown")
    expect(page.locator("#insecure").is_hidden(), "the banner of an insecure run is shown")
    bench.screenshot(page, "waiting-desktop-light")


@check
def draws_one_round(bench: Bench) -> None:
    page = bench.open()
    state = moment(1)
    bench.show(page, state)
    for chart, label in [("accuracy", "75.78%"), ("loss", "0.5628")]:
        equal(len(points(page, chart)), 1, f"the number of points of {chart}")
        equal(texts(page, f"#{chart} .last"), [label], f"the label of {chart}")
        ticks = texts(page, f"#{chart} .tick-x")
        equal(ticks, [str(round) for round in range(1, 13)], f"the rounds on the axis of {chart}")
        expect(len(texts(page, f"#{chart} .tick-y")) >= 3, f"{chart} has too few ticks")
    equal(texts(page, "#accuracy .title"), ["round", "accuracy (%)"], "the axes' titles")
    equal(texts(page, "#loss .title"), ["round", "loss (nats)"], "the axes' titles")
    check_labels(page, "one round")
    bench.screenshot(page, "one-round-desktop-light")


@check
def curve_grows(bench: Bench) -> None:
    page = bench.open()
    last_x = 0.0
    for number in range(1, 13):
        state = moment(number)
        bench.show(page, state)
        drawn = points(page, "accuracy")
        equal(len(drawn), number, f"the number of points after round {number}")
        equal(len(points(page, "loss")), number, "the number of points of the loss")
        expect(drawn[-1][0] > last_x, f"round {number} is not to the right of the one before")
        last_x = drawn[-1][0]
        accuracies = [entry["accuracy"] for entry in state["rounds"]]
        heights = [-y for _, y in drawn]
        equal(sorted(range(number), key=heights.__getitem__),
              sorted(range(number), key=accuracies.__getitem__), "the order of the heights")
        equal(texts(page, "#accuracy .last"), [f"{accuracies[-1]:.2%}"], "the last label")
        equal(page.title(), f"{number}/12 · {accuracies[-1]:.2%} · federated", "the title")
        check_labels(page, f"round {number}")


@check
def shows_tiles_and_status(bench: Bench) -> None:
    page = bench.open()
    state = moment(2, reported=3)
    bench.show(page, state)
    equal(text(page, "#status"), "Round 3 of 12: training", "the status")
    expect(re.fullmatch(r"3 of 5 have reported · closes in \d:\d\d at the latest",
                        text(page, "#substatus")), f"{text(page, '#substatus')!r}")
    tiles = dict(zip(texts(page, "#tiles dt"), texts(page, "#tiles dd:nth-child(2)")))
    equal(tiles["Rounds done"], "2 of 12", "the rounds done")
    equal(tiles["Server accuracy"], f"{state['rounds'][1]['accuracy']:.2%}", "the accuracy")
    equal(tiles["Clients here"], "5 of 5", "the clients here")
    equal(page.locator("#track").get_attribute("aria-valuenow"), "21", "the progress")
    settings = dict(zip(texts(page, "#settings dt"), texts(page, "#settings dd")))
    for name, value in {"experiment": "4", "model": "reference-cnn", "strategy": "FedAvg",
                        "clients": "5", "rounds": "12", "local epochs": "10", "batch size": "8",
                        "learning rate": "0.01", "seed": "1", "samples a client": "600",
                        "data set": "mnist", "address": "http://127.0.0.1:9103"}.items():
        equal(settings.get(name), value, f"the setting “{name}”")
    bench.show(page, ended())
    equal(text(page, "#status"), "Finished: all rounds are done", "the status")
    equal(page.locator("#track").get_attribute("aria-valuenow"), "100", "the progress")
    stopped = moment(3) | {"phase": "finished", "outcome": "diverged: client 2 in round 4"}
    bench.show(page, stopped)
    equal(text(page, "#status"), "Ended: diverged: client 2 in round 4", "the status")
    equal(page.locator("#track").get_attribute("aria-valuenow"), "25", "the progress")


@check
def says_whom_the_round_waits_for(bench: Bench) -> None:
    page = bench.open()
    for needed, here, missing, words in [
        (5, 4, [3], "3 of 5 have reported · waits for client 3"),
        (5, 4, [], "3 of 5 have reported · waits for 1 client"),
        (5, 3, [0, 3], "3 of 5 have reported · waits for 2 clients: 0, 3"),
        (5, 4, [0, 3], "3 of 5 have reported · waits for 1 client of 0, 3"),
        (20, 3, [4, 5, 6, 7, 8, 9], "3 of 20 have reported · waits for 17 clients: 4, 5, 6, 7, 8 …"),
    ]:
        state = moment(2, reported=3)
        # Those who are there have reported: without the missing it would read 3 of 3.
        state["clients"] = [client for client in state["clients"] if client["state"] == "reported"]
        state["waiting"] = {"round": 3, "needed": needed, "here": here, "missing": missing}
        state["deadlineAt"] = None
        bench.show(page, state)
        equal(text(page, "#substatus"), words, "the headline with clients missing")
        below = dict(zip(texts(page, "#tiles dt"), texts(page, "#tiles dd:nth-child(3)")))
        equal(below["Time"], "since the start", "the time left that nobody knows")
    bench.screenshot(page, "missing-desktop-light")
    phone = bench.open(PHONE, "dark")
    bench.show(phone, state)
    check_no_sideways_scroll(phone, "the headline with clients missing on a phone")
    bench.screenshot(phone, "missing-phone-dark")
    for odd in [None, 1, "x", [], {}, {"needed": "x"}, {"needed": 2, "here": 2, "missing": 7}]:
        bench.show(page, moment(2, reported=3) | {"waiting": odd})
        expect("waits" not in text(page, "#substatus"), f"waiting for {odd!r} is told")


@check
def shows_each_client(bench: Bench) -> None:
    page = bench.open()
    state = moment(1, reported=1)
    state["clients"][0].update(accuracy=0.93456, samples=1_234, bytesReceived=9_599_120,
                               bytesSent=999, imagesPerSecond=9_120.4, lastSeen=fake.utc(30))
    state["clients"][4].update(state="lost", lastSeen=fake.utc(600), accuracy=None,
                               imagesPerSecond=None, bytesReceived=None)
    bench.show(page, state)
    equal(texts(page, "#clients-head th"), ["client", "state", "samples", "accuracy", "last seen",
                                            "received", "sent", "images/s"], "the columns")
    equal(page.locator("#clients-body tr").count(), 5, "the number of rows")
    first = texts(page, "#clients-body tr:nth-child(1) td")
    expect(re.fullmatch(r"3\d s ago", first[4]), f"client 0 was last seen {first[4]!r}")
    equal(first[:4] + first[5:], ["0", "reported", "1,234", "93.46%", "9.6 MB", "999 B", "9,120"],
          "the row of client 0")
    last = texts(page, "#clients-body tr:nth-child(5) td")
    equal(last[1], "lost", "the state of client 4")
    equal(last[3:], ["–", "10 min ago", "–", "9.6 MB", "–"], "the row of client 4")
    equal(text(page, "#clients-count"), "3 training · 1 reported · 1 lost", "the counts")
    expect("1 lost" in text(page, "#tiles"), "the tile does not say that one is lost")


@check
def shows_drops_and_events(bench: Bench) -> None:
    page = bench.open()
    state = moment(2, reported=3)
    bench.show(page, state)
    drop, = texts(page, "#drops-list li")
    expect(drop.endswith("client 2, round 2: no heartbeat for 3 s"), f"the drop reads {drop!r}")
    wanted = [event["text"] for event in reversed(state["events"])]
    equal([entry.split(" ", 1)[1] for entry in texts(page, "#events-list li")], wanted, "the log")
    # The list slides: the same text twice, the oldest gone, a whole other list.
    for change in range(1, 4):
        state["events"] = state["events"][change:] + [{"at": fake.utc(), "text": "again"}] * change
        bench.show(page, state)
        wanted = [event["text"] for event in reversed(state["events"])]
        equal(texts(page, "#events-list li span"), wanted, "the log that has slid")
    state["events"] = [{"at": fake.utc(), "text": "a new run"}]
    state["drops"] = []
    bench.show(page, state)
    equal(texts(page, "#events-list li span"), ["a new run"], "the log of a new run")
    expect(page.locator("#no-drops").is_visible(), "the drops of the old run are still there")


@check
def warns_of_insecure_runs(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, moment(1, insecure=True))
    expect(page.locator("#insecure").is_visible(), "the banner is hidden")
    expect("This run is insecure." in text(page, "#insecure"), "the banner does not say it")
    bench.screenshot(page, "insecure-desktop-light")
    bench.show(page, moment(1, insecure=False))
    expect(page.locator("#insecure").is_hidden(), "the banner stays with a secure run")


@check
def markup_in_texts_is_harmless(bench: Bench) -> None:
    page = bench.open(PHONE)
    state = moment(2, reported=3)
    for key in ("id", "model", "strategy", "dataset", "address"):
        state["run"][key] = HOSTILE
    state["clients"][0]["client"] = HOSTILE
    state["clients"][1].update(client="x" * 10_000, state=HOSTILE)
    state["clients"][2].update(client="a\u0000b\n\u202eright to left", lastSeen=HOSTILE)
    state["clients"][3]["client"] = "../../etc/passwd"
    state["drops"][0].update(client=HOSTILE, reason=HOSTILE, at=HOSTILE, round=HOSTILE)
    state["events"].append({"at": HOSTILE, "text": HOSTILE})
    state["outcome"] = HOSTILE
    state["phase"] = HOSTILE
    bench.show(page, state)
    equal(text(page, "#clients-body tr:nth-child(1) .name"), HOSTILE, "the client's name")
    expect(HOSTILE in text(page, "#drops-list"), "the reason is not shown as it is")
    equal(texts(page, "#events-list li:first-child span"), [HOSTILE], "the event")
    equal(page.locator("img, iframe, a, main script").count(), 0, "the number of new elements")
    equal(page.evaluate("window.hacked"), None, "what the markup did")
    check_no_sideways_scroll(page, "hostile texts")
    state["phase"] = "finished"
    bench.show(page, state)
    expect(HOSTILE in text(page, "#status"), "the outcome is not shown as it is")
    check_no_sideways_scroll(page, "hostile texts, finished")
    # Were markup to become part of the page, the policy would still stop it.
    bench.outage = True  # the browser reports the refusals on the console
    before = list(bench.complaints)
    page.evaluate("""() => {
        const node = document.createElement('div');
        node.innerHTML = '<img src="x" onerror="window.hacked=1">';
        document.body.append(node);
        const script = document.createElement('script');
        script.textContent = 'window.hacked=2';
        document.body.append(script);
    }""")
    page.wait_for_timeout(200)
    equal(page.evaluate("window.hacked"), None, "what injected markup did")
    expect(len(bench.complaints) > len(before), "the policy refused nothing")
    bench.complaints = before


@check
def odd_states_are_survived(bench: Bench) -> None:
    page = bench.open()
    good = moment(2, reported=3)
    for key in good:
        for value in (None, [], {}, "text", -1, 1e308, True):
            bench.server.publish(good | {key: value})
            page.wait_for_timeout(20)
    for part in ("rounds", "clients", "drops", "events"):
        for value in (None, "text", [], 7):
            bench.server.publish(good | {part: [value, *good[part]]})
            page.wait_for_timeout(20)
    for value in (None, "text", 7, [None, 7, {}, {"title": [], "value": {}}]):
        bench.server.publish(good | {"run": good["run"] | {"rows": value}})
        page.wait_for_timeout(20)
    empty = good | {"rounds": [{"round": 1, "accuracy": None, "loss": None, "seconds": None},
                               {"round": 2, "accuracy": 0.5, "loss": None, "seconds": 1e-5},
                               {"round": 4, "accuracy": 0.5, "loss": 3.4e38, "seconds": 1e9}]}
    bench.show(page, empty)
    equal(len(points(page, "accuracy")), 2, "the number of points with gaps")
    check_labels(page, "gaps")
    empty["rounds"] = empty["rounds"][:1]
    bench.show(page, empty)
    equal(texts(page, ".chart .nothing"), ["No round so far has a finite accuracy.",
                                           "No round so far has a finite loss."], "the charts")
    big = moment(1, seed=2 ** 64 - 1)
    bench.show(page, big)
    settings = dict(zip(texts(page, "#settings dt"), texts(page, "#settings dd")))
    equal(settings["seed"], str(2 ** 64 - 1), "a seed of 64 bits")
    bench.show(page, good)
    equal(text(page, "#status"), "Round 3 of 12: training", "the status afterwards")


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


@check
def announces_only_news(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, moment(1, reported=0))
    page.evaluate("""() => { window.announced = [];
        new MutationObserver(() => announced.push(document.getElementById('status').textContent))
            .observe(document.getElementById('status'), {childList: true, characterData: true, subtree: true}); }""")
    for reported in range(1, 5):
        if reported != 3:
            bench.show(page, moment(1, reported=reported))
    equal(page.evaluate("announced"), [], "what was announced while clients reported")
    bench.show(page, moment(2, reported=1))
    equal(page.evaluate("announced"), ["Round 3 of 12: training"], "what a new round announced")


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
    equal(text(page, "#more-clients"), "Newest first, and 800 more.", "what is below them")
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


# A run of a large population, to see what a researcher sees

def large_run(rounds: int = 100, every: int = 5, **run: Any) -> fake.State:
    """A cohort of 100 of 5,000 clients, tested every few rounds; clients 0 to 299 have joined."""
    state = fake.new_state(5_000, 200, experiment=0, partition="dirichlet:0.5", cohort=100,
                           strategy="FedProx", mu=0.1, epochs=0.5, batchSize="all", momentum=0.9,
                           evaluateEvery=every, **run)
    for client in range(300):
        fake.join(state, client)
        state["clients"][-1]["lastSeen"] = fake.utc(300 - client)
    for number in range(1, rounds + 1):
        tested = number % every == 0
        state["rounds"].append({
            "round": number, "accuracy": fake.accuracy(number) if tested else None,
            "loss": 2.2 * (1 - fake.accuracy(number)) + 0.03 if tested else None,
            "seconds": 1 + number / 100, "closedAt": fake.utc(), "clientsLow": None,
            "clientsHigh": None})
    state.update(phase="training", round=rounds + 1, roundOpenedAt=fake.utc())
    return state


@check
def bridges_rounds_not_tested(bench: Bench) -> None:
    page = bench.open()
    state = large_run()
    bench.show(page, state)
    for chart in ("accuracy", "loss"):
        equal(page.locator(f"#{chart} .curve").count(), 1, f"the pieces of the curve of {chart}")
        equal(len(points(page, chart)), 20, f"the points of {chart}")
    tiles = dict(zip(texts(page, "#tiles dt"), texts(page, "#tiles dd:nth-child(2)")))
    equal(tiles["Server accuracy"], f"{fake.accuracy(100):.2%}", "the accuracy")
    bench.show(page, large_run(103))
    equal(page.title(), f"103/200 · {fake.accuracy(100):.2%} · federated", "the title")
    tiles = dict(zip(texts(page, "#tiles dt"), texts(page, "#tiles dd:nth-child(2)")))
    equal(tiles["Server accuracy"], f"{fake.accuracy(100):.2%}", "the accuracy last tested")
    expect("since round 95" in text(page, "#tiles"), "the tile does not say since when")
    page.locator("#accuracy").focus()
    page.keyboard.press("End")
    expect(text(page, "#accuracy .tip").startswith("round 103: not tested"), "the note of a round "
           f"without a test is {text(page, '#accuracy .tip')!r}")
    check_labels(page, "rounds not tested")


@check
def curves_go_over_seconds(bench: Bench) -> None:
    page = bench.open()
    state = moment(4)
    for entry, seconds in zip(state["rounds"], (1, 1, 1, 7)):
        entry["seconds"] = seconds
    bench.show(page, state)
    page.get_by_label("seconds", exact=True).check()
    for chart in ("accuracy", "loss"):
        equal(texts(page, f"#{chart} .title")[0], "seconds", f"the axis of {chart}")
        at = [x for x, _ in points(page, chart)]
        equal(len(at), 4, f"the points of {chart}")
        expect(abs((at[3] - at[2]) - 7 * (at[1] - at[0])) < 1, f"{chart}: {at} are not 1, 2, 3, 10 s")
        equal(texts(page, f"#{chart} .tick-x")[0], "0", "the first tick")
    check_labels(page, "over seconds")
    bench.show(page, moment(5))
    equal(texts(page, "#accuracy .title")[0], "seconds", "the axis after news")
    check_labels(page, "over seconds, all rounds")
    page.locator("#accuracy").focus()
    page.keyboard.press("Home")
    expect(", ended after " in text(page, "#accuracy .tip"), "the note has no time")
    page.get_by_label("rounds", exact=True).check()
    equal(texts(page, "#accuracy .title")[0], "round", "the axis when switched back")
    state["rounds"][1]["seconds"] = None
    bench.show(page, state)
    expect(page.locator("#over").is_hidden(), "seconds are offered that are not known")


@check
def target_line_tells_its_crossing(bench: Bench) -> None:
    page = bench.open()
    state = moment(3, targetAccuracy=0.99)
    bench.show(page, state)
    equal(page.locator("#accuracy .target").count(), 1, "the number of target lines")
    equal(page.locator("#loss .target").count(), 0, "the number of lines in the loss")
    equal(text(page, "#target-text"), "target 99% not reached yet", "what is said of it")
    for entry, accuracy in zip(state["rounds"], (0.5, 0.9, 0.8)):
        entry["accuracy"] = accuracy
    state["rounds"].append(state["rounds"][2] | {"round": 4, "accuracy": 0.95})
    for entry in state["rounds"]:
        entry["seconds"] = 2.0
    state["run"]["targetAccuracy"] = 0.94
    bench.show(page, state)
    # The best so far is 0.9 until round 3, so 0.94 is four fifths of the way to round 4.
    equal(text(page, "#target-text"), "target 94% at round 3.8", "the crossing by rounds")
    page.get_by_label("seconds", exact=True).check()
    equal(text(page, "#target-text"), "target 94% after 7.60 s", "the crossing by seconds")
    inside = page.evaluate("""() => {
        const line = document.querySelector('#accuracy .target').getBoundingClientRect();
        const box = document.getElementById('accuracy').getBoundingClientRect();
        return line.top >= box.top && line.bottom <= box.bottom; }""")
    expect(inside, "the target line leaves the chart")
    check_labels(page, "a target")
    check_contrast(page, "a target")
    for target in (None, 0, -1, 1.5, "0.9"):
        state["run"]["targetAccuracy"] = target
        bench.show(page, state)
        expect(page.locator("#target-key").is_hidden(), f"{target!r} is taken for a target")


@check
def names_algorithm_and_partition(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, large_run(10, targetAccuracy=0.97))
    equal(text(page, "#name"), "Partition dirichlet:0.5", "the headline")
    equal(text(page, "#summary"), "reference-cnn · FedProx · mnist · 100 of 5,000 clients a round · "
          "0.5 local epochs · batch all · rate 0.01", "the facts below it")
    settings = dict(zip(texts(page, "#settings dt"), texts(page, "#settings dd")))
    for name, value in {"partition": "dirichlet:0.5", "strategy": "FedProx", "μ": "0.1",
                        "clients a round": "100", "local epochs": "0.5", "batch size": "all",
                        "momentum": "0.9", "rounds between tests": "5", "clients": "5,000",
                        "target accuracy": "97.00%"}.items():
        equal(settings.get(name), value, f"the setting “{name}”")
    for name in ("experiment", "samples a client", "patience in rounds"):
        expect(name not in settings, f"“{name}” says nothing of this run, but is there")


@check
def shows_a_large_population(bench: Bench) -> None:
    for scheme, size, device, limit in (("light", DESKTOP, "desktop", 200), ("dark", PHONE, "phone", 50)):
        page = bench.open(size, scheme)
        state = large_run(targetAccuracy=0.97)
        bench.show(page, state)
        rows = texts(page, "#clients-body tr .name")
        equal(rows, [str(client) for client in range(299, 299 - limit, -1)], "the clients shown")
        equal(text(page, "#more-clients"), f"Newest first, and {300 - limit} more.",
              "what is below them")
        state["clientsSeen"] = 4_321
        bench.show(page, state)
        equal(text(page, "#more-clients"), f"Newest first, and {4_321 - limit:,} more.",
              "what is below them")
        page.get_by_label("seconds", exact=True).check()
        check_labels(page, f"a large population on {device}")
        check_contrast(page, f"a large population on {device}")
        check_no_sideways_scroll(page, f"a large population on {device}")
        bench.screenshot(page, f"large-{device}-{scheme}")
        page.context.close()


@check
def is_a_report_with_data_inlined(bench: Bench) -> None:
    page_text = fake.PAGE.read_text(encoding="utf-8")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checks", nargs="*", help="names, or parts of them (default: all)")
    parser.add_argument("--federated", type=Path, help="the program, to test with it as well")
    parser.add_argument("--screenshots", type=Path, help="a folder to keep pictures in")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    known = checks + (page_real.checks if options.federated else [])
    chosen = [function for function in known if not options.checks or any(
        name.replace(" ", "_") in function.__name__ for name in options.checks)]
    if not options.federated:
        print("without --federated: only the scripted run is tested")
    if not chosen:
        sys.exit(f"test_page.py: no check is called {' or '.join(options.checks)}")
    with browser(find_chromium(options.chromium)) as opened:
        failed = [one.__name__ for one in chosen if not run(one, opened, options)]
    if failed:
        sys.exit(f"test_page.py: {len(failed)} of {len(chosen)} checks failed: {', '.join(failed)}")
    print(f"all {len(chosen)} checks passed")


if __name__ == "__main__":
    main()
