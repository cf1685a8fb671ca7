"""Tests of the store's page: the table, its order and its filter."""

from __future__ import annotations

import fake_store as fake
from page_bench import check, check_no_sideways_scroll, equal, expect, text, texts
from store_bench import (
    StoreBench as Bench, box, chosen, column, search, shown, wait_for_text,
)

HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>'


@check
def says_how_to_begin_in_an_empty_store(bench: Bench) -> None:
    bench.store.path = "/home/ada/it's mine/federated.sqlite"
    page = bench.look(0)
    equal(text(page, "#none"), "This store has no run yet. One begins with federated run --store "
          "'/home/ada/it'\\''s mine/federated.sqlite'", "the empty store")
    for part in ("#finding", "#runs", "#chosen", "#compare", "#steering"):
        expect(page.locator(part).is_hidden(), f"{part} is shown though there is no run")
    bench.store.put(*fake.entry(0))
    page.wait_for_selector("#runs-body tr")
    expect(page.locator("#none").is_hidden(), "the store is still called empty")


@check
def shows_each_run(bench: Bench) -> None:
    bench.store.put(*fake.entry(0, state="running", done=3, name="the first", tags=["a", "b c"], note="looks odd"))
    bench.store.put(*fake.entry(1, startedAt="2026-11-24T23:14:05Z", division=None, actions=[]))
    page = bench.look()
    rows = texts(page, "#runs-body tr")
    expect("running, process 6600" in rows[0] and "the first" in rows[0] and "looks odd" in rows[0]
           and "3 of 20" in rows[0], f"the first row reads {rows[0]!r}")
    equal(texts(page, "#runs-body tr:first-child .tags li"), ["a", "b c"], "the tags")
    equal(column(page, "division"), ["equal", "–"], "the divisions, one not known")
    equal(page.locator("#runs-body tr:nth-child(2) a").get_attribute("href"), "runs/20261101_000001/", "the link")
    name = page.locator("#runs-body tr:first-child svg").get_attribute("aria-label")
    expect(name.startswith("accuracy from "), f"the spark line is called {name!r}")
    expect(page.locator("#runs-head th[data-key=tags]").is_visible(), "the column of tags is missing")
    page.locator("#runs-body tr:first-child a").click()
    page.wait_for_url("**/runs/20261101_000000/")


@check
def sorts_by_every_column(bench: Bench) -> None:
    page = bench.look(30)
    newest = bench.store.names
    equal(shown(page), newest, "the order at first, newest first")
    equal(page.locator("th[aria-sort]").evaluate_all("all => all.map(one => [one.dataset.key, one.ariaSort])"),
          [["begun", "descending"]], "what says how it is sorted")
    for key, wanted in {
        "accuracy": lambda row: row["accuracy"], "rounds": lambda row: row["rounds"],
        "seconds": lambda row: row["seconds"], "begun": lambda row: row["startedAt"],
        "strategy": lambda row: row["strategy"].lower(), "division": lambda row: row["division"],
        "data": lambda row: row["data"], "model": lambda row: row["model"],
    }.items():
        button = page.locator(f"th[data-key={key}] button")
        for direction in ("ascending", "descending"):
            for _ in range(3):
                if page.locator(f"th[data-key={key}]").get_attribute("aria-sort") == direction:
                    break
                button.click()
            values = [wanted(bench.store.row(name)) for name in shown(page)]
            equal(values, sorted(values, reverse=direction == "descending"), f"{key}, {direction}")
    page.locator("th[data-key=state] button").click()
    equal([bench.store.row(name)["state"] for name in shown(page)][:6],
          ["running"] * 2 + ["interrupted"] * 3 + ["completed"], "the states in their order")
    page.locator("th[data-key=tags] button").click()
    tags = [bench.store.row(name)["tags"] for name in shown(page)]
    equal([bool(one) for one in tags], sorted((bool(one) for one in tags), reverse=True),
          "those without tags last")
    bench.store.change(newest[3], accuracy=None)
    page.locator("th[data-key=accuracy] button").click()
    page.wait_for_function("id => document.querySelector('#runs-body tr:last-child').dataset.id === id", arg=newest[3])
    page.locator("th[data-key=accuracy] button").click()
    equal(shown(page)[-1], newest[3], "the last, without an accuracy, in the other order")


@check
def finds_by_words_and_by_values(bench: Bench) -> None:
    page = bench.look(30)
    rows = {name: bench.store.row(name) for name in bench.store.names}
    for words, wanted in {
        "fedprox": lambda row: row["strategy"] == "FedProx",
        "FEDPROX dirichlet": lambda row: row["strategy"] == "FedProx" and row["division"] == "dirichlet:0.5",
        "20261101_000007": lambda row: row["id"] == "20261101_000007",
        "tag:baseline": lambda row: "baseline" in row["tags"],
        "tag:baseline tag:paper": lambda row: {"baseline", "paper"} <= set(row["tags"]),
        'tag:"to repeat"': lambda row: "to repeat" in row["tags"],
        "tag:base": lambda row: False,
        "-tag:baseline": lambda row: "baseline" not in row["tags"],
        "state:running": lambda row: row["state"] == "running",
        "state:running state:interrupted": lambda row: row["state"] in ("running", "interrupted"),
        "strategy:scaffold accuracy>0.8": lambda row: row["strategy"] == "SCAFFOLD" and row["accuracy"] > 0.8,
        "accuracy>80%": lambda row: row["accuracy"] > 0.8, "accuracy<=80": lambda row: row["accuracy"] <= 0.8,
        "rounds<10": lambda row: row["rounds"] < 10, "seed=2": lambda row: row["seed"] == 2,
        "seed:2 seed:3": lambda row: row["seed"] in (2, 3),
        "begun>2000-01-01": lambda row: True, "begun<2000-01-01": lambda row: False,
        "nobody has this": lambda row: False, "": lambda row: True, "  ": lambda row: True,
    }.items():
        equal(search(page, words), [name for name in rows if wanted(rows[name])], f"what “{words}” finds")
    bench.store.change("20261101_000003", note="(C++) [odd] \\ 100%", name="ÉTUDE", data="a:b>c")
    page.wait_for_function("() => document.querySelector('#runs-body').textContent.includes('ÉTUDE')")
    for words in ("(c++)", "[odd]", "\\", "étude", "e\u0301tude", "a:b>c", "100%", 'note:"[odd]"', '"[odd] \\\\ 100%"'):
        equal(search(page, words), ["20261101_000003"], f"what “{words}” finds")
    for words in ('"', "-", ":", "tag:", "accuracy>", "accuracy>x", "state:", '"\\', "constructor:x", "-\"\"",
                  "begun>2026-99-99", "accuracy>1e999"):
        search(page, words)
    search(page, "nobody has this")
    equal(text(page, "#found"), "0 of 30 runs", "how many were found")
    page.get_by_role("button", name="Clear the filter").click()
    equal(text(page, "#found"), "30 runs", "how many there are without the filter")


@check
def buttons_write_the_filter(bench: Bench) -> None:
    page = bench.look(30)
    equal(texts(page, "#state-choices button"), ["running 2", "interrupted 3", "completed 25"], "the states")
    page.locator("#state-choices button").nth(0).click()
    page.locator("#tag-choices button", has_text="to repeat").click()
    equal(page.input_value("#filter"), 'state:running tag:"to repeat"', "the filter after two presses")
    equal(page.locator(".choices [aria-pressed=true]").count(), 2, "the buttons that are pressed")
    page.locator("#state-choices button").nth(0).click()
    equal(page.input_value("#filter"), 'tag:"to repeat"', "the filter after a press on what was pressed")
    page.fill("#filter", "")
    equal(page.locator(".choices [aria-pressed=true]").count(), 0, "the buttons that are pressed without a filter")
    tags = [f"tag {index}" for index in range(40)]
    bench.store.change("20261101_000003", tags=tags + [HOSTILE, 'a "quoted" \\ tag'])
    page.locator("#all-tags").click()
    for tag in (HOSTILE, 'a "quoted" \\ tag'):
        page.evaluate("""tag => [...document.querySelectorAll('#tag-choices button')]
            .find(button => button.dataset.value === tag).click()""", tag)
        equal(shown(page), ["20261101_000003"], f"what the button of {tag} finds")
        page.fill("#filter", "")


@check
def keeps_its_look_in_the_address(bench: Bench) -> None:
    page = bench.look(30)
    page.fill("#filter", 'tag:"to repeat" a&b=c#d')
    page.wait_for_timeout(400)
    page.fill("#filter", "fedprox")
    page.locator("th[data-key=accuracy] button").click()
    box(page, shown(page)[1]).check()
    page.wait_for_function("() => location.hash.includes('chosen') && location.hash.includes('fedprox')")
    wanted, address = (shown(page), chosen(page)), page.url
    page.reload()
    page.wait_for_selector("#link.live")
    equal((shown(page), chosen(page), page.input_value("#filter")), (*wanted, "fedprox"), "the look after a reload")
    other = bench.open(address=address)
    other.wait_for_selector("#link.live")
    equal((shown(other), chosen(other)), wanted, "the look from a bookmark")
    other.evaluate("location.hash = '#filter=state:running&chosen=not-there'")
    wait_for_text(other, "#found", "2 of 30 runs")
    equal(chosen(other), [], "what is chosen by another address")


@check
def all_rows_can_be_reached(bench: Bench) -> None:
    page = bench.look(350)
    equal(len(shown(page)), 50, "the rows at first")
    equal(text(page, "#more"), "50 of 350 are in the table. Show 50 more Show all 350", "what is below them")
    page.locator("#more-some").click()
    equal(len(shown(page)), 100, "the rows after “more”")
    equal(page.evaluate("document.activeElement.closest('tr').rowIndex"), 51, "the row that has the focus")
    page.locator("#more-all").click()
    equal(shown(page), bench.store.names, "all rows")
    expect(page.locator("#more").is_hidden(), "more is offered though all are there")
    search(page, "fed")
    equal(len(shown(page)), 50, "the rows after another filter")
    page.fill("#filter", "")
    page.emulate_media(media="print")
    page.wait_for_function("() => document.querySelectorAll('#runs-body tr').length === 350")
    expect(page.locator("th[data-key=accuracy] button").is_visible(), "on paper the columns have no titles")
    page.emulate_media(media="screen")
    page.wait_for_function("() => document.querySelectorAll('#runs-body tr').length === 50")


@check
def texts_of_runs_are_harmless(bench: Bench) -> None:
    keys = ("name", "note", "title", "data", "model", "strategy", "division", "stateText", "state", "startedAt", "kind")
    bench.store.put(*fake.entry(0, tags=[HOSTILE, "x" * 5_000], **dict.fromkeys(keys, HOSTILE)))
    bench.store.put(*fake.entry(1, id="../../etc/passwd", name="\u202eright to left\n\u0000"))
    bench.store.put(*fake.entry(2, id=HOSTILE, name="y" * 5_000, note="z" * 50_000, tags=["t"] * 500))
    bench.store.put(*fake.entry(3, id="..", name="dots"))
    bench.store.path = HOSTILE
    bench.store.steering = {"allowed": False, "why": HOSTILE}
    for size in ((1280, 900), (390, 844)):
        page = bench.look(size=size)
        equal(page.locator("#runs-body tr").count(), 4, "the number of rows")
        page.locator("#choose-all").click()
        page.wait_for_selector("#settings-body tr")
        page.wait_for_timeout(300)
        page.locator("#runs-body .more button").first.click()
        expect(HOSTILE in text(page, "#steering"), "why nothing can be steered is not told as it is")
        equal(page.locator("img, iframe, main script").count(), 0, "the number of new elements")
        equal(page.evaluate("window.hacked"), None, "what the markup did")
        links = page.locator("#runs-body a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        expect("runs/..%2F..%2Fetc%2Fpasswd/" in links and None in links, f"the links lead to {links}")
        page.keyboard.press("Escape")
        check_no_sideways_scroll(page, f"hostile texts at {size[0]} px")


@check
def odd_answers_are_survived(bench: Bench) -> None:
    page = bench.look(3)
    bench.outage = True
    good = bench.store.row("20261101_000001")
    for key in good:
        for value in (None, [], {}, "text", -1, 1e308, True):
            bench.store.put(good | {"id": "odd", key: value} if key != "id" else good | {"note": str(value)})
            page.wait_for_timeout(5)
    for spark in ([None], [0.5], [None, 0.5, None], ["x", {}, 0.1], [1e308, -1e308]):
        bench.store.put(good | {"id": "odd", "spark": spark})
    bench.store.put(good | {"id": "last", "name": "the last"})
    page.wait_for_selector("#runs-body tr[data-id=last]")
    bench.store.remove("last")
    page.wait_for_function("() => document.querySelector('#runs-body tr[data-id=last]') === null")
