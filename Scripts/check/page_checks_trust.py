"""Tests of the page: texts and states from elsewhere: shown, never run, and survived."""

from __future__ import annotations

import fake_server as fake
from fake_details import enrich
from page_bench import (
    PHONE, Bench, check, check_labels, check_no_sideways_scroll, equal, expect, points, text,
    texts,
)
from page_checks_access import missing
from page_scenes import HOSTILE, moment


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
def texts_of_newer_servers_are_harmless(bench: Bench) -> None:
    page = bench.open(PHONE)
    state = enrich(missing(5))
    state["run"] |= {"name": HOSTILE, "title": HOSTILE, "tags": [HOSTILE, "x" * 5_000], "note": HOSTILE,
                     "repeat": HOSTILE, "classNames": [HOSTILE] * 10}
    state["clients"][0] |= {"client": HOSTILE, "accuracy": 0.999, "host": HOSTILE, "version": "y" * 5_000}
    state["waiting"] |= {"command": HOSTILE, "since": HOSTILE}
    state["steering"] |= {"why": HOSTILE}
    for one in state["results"]["mistakes"]:
        one["image"] = None
    bench.show(page, state)
    for selector in ("#name", "#tags", "#note", "#repeat", "#wait", "#steering-why", "#confusion",
                     "#mistakes", "#classes", "#clients-body", "#who-lines"):
        # Names of classes and clients are cut to 40 characters where many stand side by side.
        expect(HOSTILE[:40] in text(page, selector), f"{selector} does not show its text as it is")
    expect(page.title().startswith(HOSTILE[:20]), f"the tab says {page.title()!r}")
    equal(page.locator("img, iframe, a, main script").count(), 0, "the number of new elements")
    equal(page.evaluate("window.hacked"), None, "what the markup did")
    check_no_sideways_scroll(page, "hostile texts of newer servers")


@check
def odd_details_are_survived(bench: Bench) -> None:
    page = bench.open()
    good = enrich(missing(5))
    odd: list[object] = [None, [], {}, "text", -1, 1e308, True, [None, "x", 7, [], {}], {"accuracy": 7}]

    def publish(state: fake.State) -> None:
        bench.show(page, state)  # all of the page is drawn, or this waits in vain

    for value in odd:
        for key in ("steering", "home", "clientsSeen", "results", "waiting"):
            publish(good | {key: value})
        for key in ("name", "title", "tags", "note", "repeat"):
            publish(good | {"run": good["run"] | {key: value}})
        for key in ("quantiles", "bytes"):
            publish(good | {"rounds": [one | {key: value} for one in good["rounds"]]})
        for key in ("loss", "classCounts", "norm", "cosine", "history", "host", "version"):
            publish(good | {"clients": [good["clients"][0] | {key: value}, *good["clients"][1:]]})
        for key in good["results"]:
            publish(good | {"results": good["results"] | {key: value}})
        for key in ("since", "command", "missing"):
            publish(good | {"waiting": good["waiting"] | {key: value}})
    bench.show(page, good)
    equal(text(page, "#status"), "Round 3 of 12: training", "the status afterwards")
