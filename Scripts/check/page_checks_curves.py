"""Tests of the page: the curves."""

from __future__ import annotations

import fake_server as fake
from page_bench import (
    Bench, check, check_contrast, check_labels, equal, expect, points, text, texts,
)
from page_scenes import moment, ended, large_run


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
        equal(page.title(), f"Experiment 4 · {number}/12 · {accuracies[-1]:.2%}", "the title")
        check_labels(page, f"round {number}")


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
    equal(page.title(), f"Partition dirichlet:0.5 · 103/200 · {fake.accuracy(100):.2%}", "the title")
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
    state = moment(3, target_accuracy=0.99)
    bench.show(page, state)
    equal(page.locator("#accuracy .target").count(), 1, "the number of target lines")
    equal(page.locator("#loss .target").count(), 0, "the number of lines in the loss")
    equal(text(page, "#target-text"), "target 99% not reached yet", "what is said of it")
    for entry, accuracy in zip(state["rounds"], (0.5, 0.9, 0.8)):
        entry["accuracy"] = accuracy
    state["rounds"].append(state["rounds"][2] | {"round": 4, "accuracy": 0.95})
    for entry in state["rounds"]:
        entry["seconds"] = 2.0
    state["run"]["target_accuracy"] = 0.94
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
        state["run"]["target_accuracy"] = target
        bench.show(page, state)
        expect(page.locator("#target-key").is_hidden(), f"{target!r} is taken for a target")
