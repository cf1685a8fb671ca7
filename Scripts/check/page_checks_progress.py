"""Tests of the page: how far a run is, its clients, and what has happened."""

from __future__ import annotations

import re

import fake_server as fake
from page_bench import PHONE, Bench, check, check_no_sideways_scroll, equal, expect, text, texts
from page_scenes import moment, ended, large_run


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
def names_algorithm_and_partition(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, large_run(10, target_accuracy=0.97))
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
