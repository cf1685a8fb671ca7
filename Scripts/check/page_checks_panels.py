"""Tests of the page: names, clients' curves, classes, mistakes, updates, and who is missed."""

from __future__ import annotations

import copy

import fake_server as fake
from fake_details import enrich, results
from page_bench import (
    Bench, check, check_labels, equal, expect, points, text, texts,
)
from page_checks_access import many, missing
from page_scenes import HOSTILE, ended, moment


@check
def names_itself(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(3))
    bench.show(page, state)
    equal(text(page, "#name"), "Experiment 4 · unequal random", "the heading without a name")
    expect(page.title().startswith("Experiment 4 · unequal random · 3/12"), page.title())
    expect(page.locator("#title").is_hidden() and page.locator("#tags").is_hidden()
           and page.locator("#note").is_hidden(), "what nobody gave is shown")
    state["run"] |= {"name": "slow line", "tags": ["a", HOSTILE], "note": "one\ntwo"}
    state["home"] = "../../"
    bench.show(page, state)
    equal(text(page, "#name"), "slow line", "the heading")
    equal(text(page, "#title"), "Experiment 4 · unequal random", "what is below the name")
    expect(page.title().startswith("slow line · 3/12 · "), f"the tab says {page.title()!r}")
    equal(texts(page, "#tags li"), ["a", HOSTILE], "the tags")
    equal(page.locator("#note").inner_text(), "one\ntwo", "the note")
    equal(page.locator("#home a").get_attribute("href"), "../../", "the way to the list of runs")
    expect("federated serve --experiment 4" in text(page, "#repeat"), "no command repeats the run")
    for odd in ("javascript:alert(1)", "//evil.example/", "https://evil.example/", 7, ""):
        state["home"] = odd
        bench.show(page, state)
        equal(page.locator("#home a").count(), 0, f"the links home for {odd!r}")


@check
def draws_the_clients_that_matter(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(5))
    bench.show(page, state)
    last = {c["client"]: c["accuracy"] for c in state["clients"]}
    least = min(state["clients"], key=lambda c: c["samples"])["client"]
    named = " ".join(texts(page, "#who-lines label"))
    for role, client in (("worst", min(last, key=last.get)), ("best", max(last, key=last.get)),
                         ("smallest", least)):
        labels = [one for one in texts(page, "#who-lines label") if role in one]
        equal([one.split()[1] for one in labels], [str(client)], f"the {role} client of {named}")
    for chart in ("accuracy", "loss", "norm", "cosine"):
        equal(page.locator(f"#{chart} .line").count(), 5, f"the lines of {chart}")
    equal(page.locator("#accuracy .curve").count(), 1, "the server's curves")
    # A line is taken away, and another is added.
    page.locator("#who-lines input").first.uncheck()
    equal(page.locator("#accuracy .line").count(), 4, "the lines without the first")
    thin = page.locator("#accuracy .line.thin").count()
    taken = {int(one.split()[1]) for one in texts(page, "#who-lines label")}
    other = next(client for client in last if client not in taken)
    page.get_by_label("client", exact=True).fill(str(other))
    page.get_by_role("button", name="Add its curve").click()
    equal(page.locator("#accuracy .line.thin").count(), thin - 1, "the thin lines")
    expect(f"client {other}" in texts(page, "#who-lines label"), "the client added is not named")
    page.get_by_label("client", exact=True).fill("999") if page.locator("#who-form").is_visible() \
        else None
    if page.locator("#who-form").is_visible():
        page.get_by_role("button", name="Add its curve").click()
        equal(text(page, "#who-said"), "No curve is known of client 999.", "what is said of 999")
    page.locator("#accuracy").focus()
    page.keyboard.press("End")
    expect(f"client {other} " in text(page, "#accuracy .tip"),
           f"the note is {text(page, '#accuracy .tip')!r}")
    check_labels(page, "lines of clients")
    # By hover: the line that is nearest.
    box = page.locator("#accuracy .line.thin, #accuracy .line").first.bounding_box()
    page.mouse.move(box["x"] + box["width"], box["y"])
    equal(page.locator("#accuracy .line.near").count(), 1, "the lines under the pointer")


@check
def draws_bands_for_many(bench: Bench) -> None:
    page = bench.open()
    bench.show(page, enrich(many(100)))
    for chart in ("accuracy", "loss", "norm", "cosine"):
        equal(page.locator(f"#{chart} .band").count(), 2, f"the bands of {chart}")
        equal(page.locator(f"#{chart} .line.thin").count(), 0, f"the thin lines of {chart}")
    expect("the middle half darker" in text(page, "#band-key"), "the bands are not explained")
    # Too many for histories: the bands come from the server.
    bench.show(page, enrich(many(10_000), listed=50))
    equal(page.locator("#accuracy .band").count(), 2, "the bands of 10,000")
    equal(page.locator("#accuracy .line").count(), 0, "the lines of 10,000")
    expect(page.locator("#who").is_hidden(), "clients are offered that have no curves")
    equal(text(page, "#more-text"), "50 of 10,000 clients are listed.", "what is below the table")
    expect(page.locator("#updates-charts").is_hidden(), "charts of updates without rounds")
    expect(text(page, "#updates-facts").startswith("Last updates: norm "), "no facts of updates")
    bench.show(page, enrich(moment(3, clients=1)))
    expect(page.locator("#band-key").is_hidden(), "one client has a band")
    equal(len(texts(page, "#who-lines label")), 1, "the lines offered of one client")


@check
def goes_over_bytes(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(4))
    bench.show(page, state)
    page.get_by_label("bytes", exact=True).check()
    equal(texts(page, "#accuracy .title")[0], "MB sent and received", "the axis")
    equal(texts(page, "#accuracy .tick-x")[:3], ["0", "50", "100"], "the ticks")
    page.locator("#accuracy").focus()
    page.keyboard.press("End")
    expect("192 MB until then" in text(page, "#accuracy .tip"), text(page, "#accuracy .tip"))
    state["rounds"][1]["bytes"] = None
    bench.show(page, state)
    equal(texts(page, "#accuracy .title")[0], "round", "the axis without bytes")
    expect(page.locator("#over-bytes").is_hidden(), "bytes are offered that are not known")


@check
def ticks_are_one_two_or_five(bench: Bench) -> None:
    page = bench.open()
    state = moment(4)
    for span in (0.03, 0.07, 0.11, 0.24, 0.26, 0.4, 0.9):
        for entry, part in zip(state["rounds"], (0, 0.3, 0.8, 1)):
            entry["accuracy"] = 0.05 + span * part
            entry["loss"] = span * 40 * (1.1 - part)
        bench.show(page, state)
        for chart in ("accuracy", "loss"):
            ticks = [float(tick.replace(",", "")) for tick in texts(page, f"#{chart} .tick-y")]
            step = round(ticks[1] - ticks[0], 9)
            digits = f"{step:e}".split("e")[0].rstrip("0").rstrip(".")
            expect(digits in ("1", "2", "5"), f"{chart}: the step is {step}: {ticks}")
            expect(all(abs(b - a - step) < 1e-6 for a, b in zip(ticks, ticks[1:])),
                   f"{chart}: labels that lie: {ticks}")


@check
def shows_classes_and_mistakes(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(3))
    state["run"]["classNames"] = [HOSTILE, *map(str, range(1, 10))]
    accuracies = state["results"]["classAccuracies"]
    bench.show(page, state)
    shown = [float(one) for one in page.locator("#classes-list .number").evaluate_all(
        "nodes => nodes.map(node => parseFloat(node.textContent))")]
    equal(shown, [float(f"{one * 100:.2f}") for one in accuracies], "the classes' accuracies")
    page.get_by_label("worst first").check()
    shown = [float(one) for one in page.locator("#classes-list .number").evaluate_all(
        "nodes => nodes.map(node => parseFloat(node.textContent))")]
    equal(shown, sorted(shown), "the classes, the worst first")
    equal(page.locator("#confusion tbody tr").count(), 10, "the rows of the matrix")
    equal(page.locator("#confusion tbody td").count(), 110, "the cells of the matrix")
    equal(page.locator("#mistakes-list li").count(), 24, "the mistakes")
    equal(page.locator("#mistakes-list img").count(), 21, "the pictures")
    alt = page.locator("#mistakes-list img").nth(1).get_attribute("alt")
    equal(alt, "test sample 408: 1, taken for 4", "a picture's name")
    size = page.locator("#mistakes-list img").nth(1).evaluate(
        "node => [node.naturalWidth, getComputedStyle(node).imageRendering]")
    equal(size, [28, "pixelated"], "the picture")
    for odd in ("http://evil.example/x.png", "data:text/html;base64,PGI+", HOSTILE, 7,
                "data:image/png;base64,AA\" onerror=\"hacked=1", "data:image/svg+xml;base64,AA"):
        state["results"]["mistakes"][0]["image"] = odd
        bench.show(page, state)
        equal(page.locator("#mistakes-list img").count(), 20, f"the pictures with {odd!r}")
    for nothing in (None, [], "x", [7, None]):
        state["results"]["mistakes"] = nothing
        bench.show(page, state)
        expect(page.locator("#mistakes").is_hidden(), f"mistakes are shown of {nothing!r}")


@check
def shows_a_matrix_of_many_classes(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(2))
    for classes in (20, 21, 62, 100):
        state["results"] = results(2, classes, 0.9)
        bench.show(page, state)
        is_open = page.locator("#confusion-details").evaluate("node => node.open")
        equal(is_open, classes <= 20, f"whether the matrix of {classes} is open")
        if not is_open:
            page.locator("#confusion-summary").click()
        page.wait_for_function(
            "n => document.querySelectorAll('#confusion tbody tr').length === n", arg=classes)
        inside = page.evaluate("""() => document.getElementById('confusion').offsetWidth
            <= document.getElementById('confusion-box').scrollWidth""")
        expect(inside, "the matrix leaves its box")


@check
def says_equal_divisions_in_a_sentence(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(2), equal=True)
    for client in state["clients"]:
        client["classCounts"] = [60] * 10
    bench.show(page, state)
    expect(page.locator("#division-map").is_hidden(), "a wall of equal bars is drawn")
    equal(text(page, "#division-text"), "All 5 clients have equal counts: 60 samples of each of the "
          "10 classes.", "the sentence")
    for client in state["clients"]:
        client["classCounts"] = [60, 30]
    bench.show(page, state)
    equal(text(page, "#division-text"), "All 5 clients have equal counts: 60 of 0, 30 of 1.",
          "the sentence of classes that differ")
    state["clients"][1]["classCounts"] = [90, 0]
    bench.show(page, state)
    equal(text(page, "#division-text"), "A client has 1 to 2 of the 2 classes, and 0 to 90 samples of "
          "a class.", "the sentence of clients that differ")
    equal(page.locator("#division-map svg").count(), 1, "the maps")
    page.get_by_text("Class counts as a table").click()
    page.locator("#division-table tbody tr").first.wait_for()
    equal(texts(page, "#division-table tbody tr:nth-child(2) :is(th, td)"), ["1", "90", "0"],
          "a row of the table")
    del state["clients"][:]
    bench.show(page, state)
    expect(page.locator("#division").is_hidden(), "classes are shown of nobody")


@check
def says_since_when_somebody_is_missed(bench: Bench) -> None:
    page = bench.open(permissions=["clipboard-read", "clipboard-write"])
    bench.show(page, enrich(missing(5)))
    words = text(page, "#wait")
    expect("Waits since " in words and ", for 4:0" in words, f"the page says {words!r}")
    page.get_by_role("button", name="Copy the command", exact=True).click()
    page.get_by_text("Copied").wait_for()
    equal(page.evaluate("navigator.clipboard.readText()"),
          "federated join http://127.0.0.1:9103 --id 4", "what was copied")
    expect(page.locator("#tiles").inner_text().find(" left") < 0, "a time left is told")
    bench.show(page, enrich(moment(2, reported=3)))
    expect(page.locator("#wait").is_hidden(), "somebody is missed who is there")
    paused = enrich(moment(2) | {"phase": "paused"})
    bench.show(page, paused)
    equal(text(page, "#status"), "Paused after round 2 of 12", "the status")
    expect(" left" not in page.locator("#tiles").inner_text(), "a time left is told of a pause")


@check
def time_stands_still_without_a_connection(bench: Bench) -> None:
    page = bench.open()
    state = moment(3, reported=2)
    bench.show(page, state)
    bench.outage = True
    bench.server.stop()
    page.wait_for_selector("#lost:visible")
    clocks = "[...document.querySelectorAll('#tiles dd, #substatus, #clients-body td')].map(n => n.textContent)"
    page.wait_for_timeout(1_100)
    before = page.evaluate(clocks)
    page.wait_for_timeout(2_200)
    equal(page.evaluate(clocks), before, "what the page shows 2 s later")
    bench.server.start()
    page.wait_for_selector("#link.live")
    page.wait_for_timeout(1_100)
    expect(page.evaluate(clocks) != before, "time stands still for ever")


@check
def updates_quickly(bench: Bench) -> None:
    """5 clients and 1,000 rounds: what a word about a client and a new round cost."""
    page = bench.open()
    state = fake.new_state(5, 2_000)
    for client in range(5):
        fake.join(state, client)
    for _ in range(1_001):
        fake.open_round(state)
        for index in range(5):
            fake.report(state, index)
        fake.close_round(state)
    earlier = enrich(copy.deepcopy(state) | {"rounds": state["rounds"][:1_000]})
    later = enrich(state)
    session = page.context.new_cdp_session(page)
    # The processor's time of the page's own thread: what else the machine does is not the page's doing.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        known = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return 1_000 * (known["ScriptDuration"] + known["LayoutDuration"]
                        + known["RecalcStyleDuration"])

    times: dict[str, float] = {}
    for what, shown in (("the first sight", earlier), ("a word", earlier), ("another word", earlier),
                        ("a round", later), ("the round before", earlier)):
        fake.say(shown, what)
        before = spent()
        bench.show(page, shown)
        page.wait_for_timeout(100)
        times[what] = spent() - before
    print("     " + ", ".join(f"{what} {took:.0f} ms" for what, took in times.items()))
    # Twice what they took beside seven other busy processes a core, whose work takes the caches away.
    expect(times["another word"] <= 80, f"a word about a client takes {times['another word']:.0f} ms")
    expect(times["the round before"] <= 200, f"a round takes {times['the round before']:.0f} ms")
    equal(len(points(page, "accuracy")), 0, "the dots of a thousand rounds")
    check_labels(page, "a thousand rounds")


@check
def lists_all_clients_when_asked(bench: Bench) -> None:
    page = bench.open()
    state = enrich(ended(clients=5))
    state["clients"] = [state["clients"][0] | {"client": index, "history": None} for index in range(2_000)]
    bench.show(page, state)
    equal(page.locator("#clients-body tr").count(), 200, "the rows at first")
    page.get_by_role("button", name="Show all 2,000").click()
    equal(page.locator("#clients-body tr").count(), 2_000, "the rows when asked for")
