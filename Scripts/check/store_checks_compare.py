"""Tests of the store's page: runs chosen and compared."""

from __future__ import annotations

import fake_store as fake
from page_bench import check, check_labels, equal, expect, text, texts
from store_bench import StoreBench as Bench, box, chosen, search, wait_for_lines, wait_for_text


@check
def chooses_one_some_and_all(bench: Bench) -> None:
    page = bench.look(30)
    names = bench.store.names
    box(page, names[2]).check()
    wait_for_text(page, "#chosen-count", "1 run chosen")
    box(page, names[6]).click(modifiers=["Shift"])
    equal(chosen(page), names[2:7], "what a press with shift chooses")
    box(page, names[4]).click()
    box(page, names[3]).click(modifiers=["Shift"])
    equal(chosen(page), [names[2], names[5], names[6]], "what a press with shift takes back")
    expect(page.evaluate("document.getElementById('choose-shown').indeterminate"), "some chosen is told as none")
    box(page, names[0]).focus()
    page.keyboard.press("Space")
    equal(len(chosen(page)), 4, "the number chosen by the keyboard")
    page.locator("#choose-none").click()
    equal(chosen(page), [], "what is chosen after none")
    page.wait_for_selector("#compare", state="hidden")
    search(page, "state:running")
    equal(text(page, "#choose-all"), "Choose the 2 runs that fit the filter", "what the button says")
    page.locator("#choose-all").click()
    search(page, "")
    equal(chosen(page), [names[0], names[7]], "those that fitted the filter")
    page.locator("#choose-shown").click()
    equal(len(chosen(page)), 30, "all")


@check
def overlays_the_chosen(bench: Bench) -> None:
    page = bench.look(30, fragment="&".join(f"chosen={name}" for name in fake_names(8)))
    wait_for_lines(page, 8)
    looks = page.evaluate("""[...document.querySelectorAll('#accuracy g .curve')].map(one => {
        const style = getComputedStyle(one); return style.stroke + ' ' + style.strokeDasharray; })""")
    equal(len(set(looks)), 8, "the number of lines that look different")
    dashes = {one.split(") ")[1] for one in looks}
    equal(len(dashes), 4, "the number of dashes")
    equal(page.locator("#legend-body tr").count(), 8, "the rows of the legend")
    equal(page.locator("#loss g[data-key]").count(), 8, "the lines of the loss")
    check_labels(page, "eight lines")
    for over, title in (("seconds", "seconds"), ("bytes", "MB received and sent"), ("rounds", "round")):
        page.locator(f"#over input[value={over}]").check()
        equal(texts(page, "#accuracy .title")[0], title, f"the axis over {over}")
        check_labels(page, f"over {over}")
    page.locator("#accuracy").focus()
    page.keyboard.press("Home")
    lines = texts(page, "#accuracy .tip div")
    equal(lines[0], "round 1", "where the tip is")
    equal(len(lines), 9, "the lines of the tip")
    page.keyboard.press("End")
    expect(text(page, "#accuracy .tip").startswith("round 12"), "where the tip is after End")
    page.keyboard.press("Escape")
    equal(page.locator(".tip").count(), 0, "the tips after Escape")
    page.locator("#legend-body tr").nth(2).hover()
    equal(page.locator("#accuracy g.dim").count(), 7, "the lines that step back")
    page.mouse.move(5, 5)
    equal(texts(page, "#legend-body a")[0], "Partition equal · FedAvg (20261101_000000)", "the name of a line")
    name = page.locator("#legend-body tr:nth-child(3) a").inner_text()
    page.get_by_role("button", name=f"no longer choose {name}").click()
    wait_for_lines(page, 7)
    stay = page.evaluate("""[...document.querySelectorAll('#accuracy g .curve')].map(one => {
        const style = getComputedStyle(one); return style.stroke + ' ' + style.strokeDasharray; })""")
    equal(stay, looks[:2] + looks[3:], "the looks of the others")


def fake_names(count: int) -> list[str]:
    return [fake.entry(index)[0]["id"] for index in range(count)]


@check
def means_over_seeds_with_their_band(bench: Bench) -> None:
    for seed, level in ((1, 0.6), (2, 0.7), (3, 0.8)):
        row, table = fake.entry(seed, seed=seed, strategy="FedAvg", division="equal", name="plain")
        for one in table:
            one["accuracy"], one["seconds"] = level, float(seed)
        table[4]["accuracy"] = None if seed == 3 else level
        bench.store.put(row, table)
    bench.store.put(*fake.entry(9, seed=1, strategy="FedProx", division="equal", name="proximal"))
    page = bench.look(fragment="&".join(f"chosen={name}" for name in bench.store.names))
    wait_for_lines(page, 4)
    page.locator("#by-seed").check()
    wait_for_lines(page, 2)
    equal(page.locator("#accuracy .spread").count(), 2 - 1, "the number of bands")
    equal(texts(page, "#legend-body th"), ["plain · mean of 3 seeds", "proximal"], "the legend")
    page.locator("#accuracy").focus()
    page.keyboard.press("Home")
    expect("70.00% (60.00% – 80.00%) plain" in text(page, "#accuracy .tip"), f"the tip: {text(page, '#accuracy .tip')}")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect("65.00% (60.00% – 70.00%) plain" in text(page, "#accuracy .tip"), f"a gap: {text(page, '#accuracy .tip')}")
    height = "document.querySelector('#accuracy .spread').getBoundingClientRect().height"
    before = page.evaluate(height)
    page.locator("#band input[value=deviation]").check()
    page.locator("#accuracy").focus()
    page.keyboard.press("Home")
    # The levels are 0.1 apart, so their standard deviation is 0.1: as wide as lowest to highest, by chance ...
    expect("70.00% (60.00% – 80.00%) plain" in text(page, "#accuracy .tip"), "the deviation at three values")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    # ... but for two of them, 0.0707.
    expect("65.00% (57.93% – 72.07%) plain" in text(page, "#accuracy .tip"), f"at two: {text(page, '#accuracy .tip')}")
    expect(page.evaluate(height) > 0 and before > 0, "a band has no height")
    page.locator("#over input[value=seconds]").check()
    page.locator("#accuracy").focus()
    page.keyboard.press("Home")
    expect(text(page, "#accuracy .tip").startswith(("1.", "2.00 s")), f"the first place: {text(page, '#accuracy .tip')}")
    settings = texts(page, "#settings-body tr")
    expect("≠ seed 1, 2, 3 1" in settings and "≠ strategy FedAvg FedProx" in settings, f"the settings: {settings}")
    page.locator("#by-seed").uncheck()
    wait_for_lines(page, 4)
    equal(page.locator("#accuracy .spread").count(), 0, "the bands of single runs")


@check
def settings_that_differ_are_marked(bench: Bench) -> None:
    bench.store.fill(30)
    names = bench.store.names
    page = bench.look(fragment=f"chosen={names[0]}")
    wait_for_text(page, "#no-difference", "Choose a second run to see what differs.")
    expect(page.locator("#settings-body tr").count() > 5, "the settings of the only run are not shown")
    box(page, names[3]).check()
    page.wait_for_function("() => document.querySelectorAll('#settings-head th').length === 3")
    equal(texts(page, "#settings-body tr"), ["≠ strategy FedAvg FedProx"], "what differs")
    equal(page.get_by_role("img", name="differs:").count(), 1, "the marks that are read out")
    page.locator("#all-settings").check()
    rows = texts(page, "#settings-body tr")
    expect(len(rows) > 5 and sum(row.startswith("≠") for row in rows) == 1, f"all settings: {rows}")
    equal(texts(page, "#settings-body .other"), ["FedProx"], "the values that stand out")
    page.locator("#all-settings").uncheck()
    box(page, names[0]).uncheck()
    bench.store.put(*fake.entry(99, seed=1, strategy="FedProx", division="equal", data="mnist", model="reference-cnn"))
    box(page, bench.store.names[-1]).check()
    wait_for_text(page, "#no-difference", "None of the settings differ.")


@check
def copes_with_runs_that_cannot_be_read(bench: Bench) -> None:
    bench.store.fill(3)
    bench.outage = True
    state = bench.store.state
    bench.store.state = lambda name: {"run": None, "rounds": [None, 7, {"round": "x"}]} if name.endswith("1") else state(name)
    del bench.store._rounds["20261101_000002"]
    page = bench.look(fragment="&".join(f"chosen={name}" for name in bench.store.names))
    wait_for_text(page, "#compare-note", "1 run can’t be read now")
    wait_for_lines(page, 1)
    equal(page.locator("#legend-body tr").count(), 3, "the rows of the legend")
    bench.store._rounds["20261101_000002"] = fake.rounds(4, 1, 0.9)
    wait_for_lines(page, 2)  # it is asked for again
    equal(text(page, "#compare-note"), "", "what is said when all can be read")


@check
def many_chosen_stay_readable(bench: Bench) -> None:
    page = bench.look(300)
    page.locator("#choose-all").click()
    wait_for_lines(page, 32)
    wait_for_text(page, "#compare-note", "the first 96 of 300 · 32 of 96 lines are drawn")
    page.wait_for_function("() => !document.querySelector('#compare-note').textContent.includes('reading')")
    looks = page.evaluate("""[...document.querySelectorAll('#accuracy g .curve')].map(one => {
        const style = getComputedStyle(one); return style.stroke + ' ' + style.strokeDasharray; })""")
    equal(len(set(looks)), 32, "the number of lines that look different")
    page.locator("#by-seed").check()
    wait_for_text(page, "#compare-note", "the first 96 of 300")
    expect("lines are drawn" not in text(page, "#compare-note"), "32 means are too many to draw")
