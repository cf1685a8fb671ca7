"""Tests of the store's page: every number of runs, at both widths and in both schemes, for whoever reads it how."""

from __future__ import annotations

import fake_store as fake
from page_bench import (
    check, check_contrast, check_labels, check_no_sideways_scroll, equal, expect,
)
from page_checks_access import check_access
from store_bench import StoreBench as Bench, box, open_actions, wait_for_lines

WIDE, NARROW = (1280, 900), (390, 844)


@check
def can_be_read_by_everyone(bench: Bench) -> None:
    for runs, several in ((0, (0,)), (1, (1,)), (30, (0, 8)), (3_000, (2,))):
        bench.store.fill(runs)
        for size, device in ((WIDE, "wide"), (NARROW, "narrow")):
            for scheme in ("light", "dark"):
                for some in several:
                    when = f"{runs} runs, {some} chosen, {device} {scheme}"
                    page = bench.look(size=size, scheme=scheme, token=fake.TOKEN, fragment="&".join(
                        f"chosen={name}" for name in bench.store.names[:some]))
                    if some:
                        wait_for_lines(page, some)
                        page.wait_for_selector("#settings-body tr")
                    check_no_sideways_scroll(page, when)
                    check_labels(page, when)
                    if runs:
                        check_contrast(page, when)
                    if runs < 3_000:
                        check_access(page, when)
                    bench.screenshot(page, f"store-{runs}-{some}-{device}-{scheme}")
                    page.context.close()


@check
def dialogs_can_be_read_by_everyone(bench: Bench) -> None:
    bench.store.fill(5)
    for size, scheme, token in ((WIDE, "light", None), (NARROW, "dark", fake.TOKEN)):
        page = bench.look(size=size, scheme=scheme, token=token)
        open_actions(page, "20261101_000003")
        check_access(page, f"the dialog, {scheme}")
        check_contrast(page, f"the dialog, {scheme}")
        cut = page.evaluate("""[...document.querySelectorAll('#steer *')].filter(node => node.checkVisibility()
            && node.getBoundingClientRect().right > document.getElementById('steer').getBoundingClientRect().right)
            .map(node => node.id)""")
        equal(cut, [], "what leaves the dialog")
        bench.screenshot(page, f"store-dialog-{scheme}")
    bench.store.steering = {"allowed": False, "why": "The store belongs to another user."}
    page = bench.look()
    check_access(page, "a store that cannot be steered")
    bench.outage = True
    bench.store.stop()
    page.wait_for_selector("#lost:visible")
    check_access(page, "an outage")


@check
def works_by_keyboard_alone(bench: Bench) -> None:
    page = bench.steer(5)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # past the last
        reached.append(page.evaluate("""(() => { const node = document.activeElement; return node.id
            || node.getAttribute('aria-label') || node.textContent; })()"""))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        expect(outline in ("solid", "auto"), f"{reached[-1][:40]} has no outline")
    for name in ("filter", "running 1", "baseline 2", "choose-shown", "state", "run", "accuracy", "begun",
                 "choose Partition equal", "Partition equal", "tags and actions of Partition equal", "choose-all"):
        expect(name in reached, f"Tab does not reach {name}: {[one[:40] for one in reached]}")
    page.locator("th[data-key=accuracy] button").focus()
    page.keyboard.press("Enter")
    equal(page.locator("th[data-key=accuracy]").get_attribute("aria-sort"), "descending", "the order")
    equal(page.evaluate("document.activeElement.textContent"), "accuracy", "the focus after sorting")
    box(page, bench.store.names[0]).focus()
    page.keyboard.press("Space")
    page.locator("#go-compare").wait_for()
    page.locator("#go-compare").focus()
    page.keyboard.press("Enter")
    # It is drawn when the run that was chosen has been read.
    page.wait_for_function("() => document.activeElement.id === 'compare'")


@check
def rows_are_cards_on_a_phone(bench: Bench) -> None:
    for width in (320, 390, 430, 640):
        page = bench.look(None if bench.store.names else 30, size=(width, 800))
        check_no_sideways_scroll(page, f"at {width} px")
        row = page.locator("#runs-body tr").first
        expect(row.bounding_box()["width"] <= width, f"a card is wider than {width} px")
        equal(row.get_attribute("role"), "row", "the role of a row that is drawn as a card")
        label = page.locator("#runs-body td[data-label=strategy]").first.evaluate(
            "node => getComputedStyle(node, '::before').content")
        equal(label, '"strategy"', "the label in a card")
        page.select_option("#sort", "-accuracy")
        equal(page.locator("th[data-key=accuracy]").get_attribute("aria-sort"), "descending", "the order by the list")
        page.context.close()
