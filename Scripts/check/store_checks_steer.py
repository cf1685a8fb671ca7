"""Tests of the store's page: names, tags, notes, and what a run is told to do."""

from __future__ import annotations

import fake_store as fake
from page_bench import check, equal, expect, text, texts
from store_bench import StoreBench as Bench, box, open_actions, said, wait_for_text
from store_checks_list import HOSTILE

RUN = "20261101_000003"
BEARER = f"Bearer {fake.TOKEN}"


def press(page: object, name: str) -> None:
    page.locator("#steer").get_by_role("button", name=name, exact=True).click()  # type: ignore[attr-defined]


@check
def takes_the_token_out_of_the_address(bench: Bench) -> None:
    page = bench.look(5, token=fake.TOKEN, fragment="filter=fedavg")
    equal(page.evaluate("location.hash"), "#filter=fedavg", "what is left of the address")
    equal(page.evaluate("Object.values(sessionStorage)"), [fake.TOKEN], "what the tab keeps")
    equal(page.evaluate("localStorage.length"), 0, "what the browser keeps")
    page.reload()
    page.wait_for_selector("#link.live")
    expect(page.locator("#steering").is_hidden(), "the token is asked for though it is here")
    expect(not any(fake.TOKEN in one for one in bench.store.requests), "the token was in a question")
    equal(bench.store.actions, [], "what the page did by itself")


@check
def renames_tags_and_notes(bench: Bench) -> None:
    page = bench.steer(5)
    open_actions(page, RUN)
    page.fill("#new-name", HOSTILE)
    press(page, "Rename")
    wait_for_text(page, "#steer-title", HOSTILE)
    page.fill("#new-tag", f"first, {HOSTILE} ,, first")
    press(page, "Add")
    wait_for_text(page, "#steer-tags", HOSTILE)
    page.fill("#new-note", "two\nlines")
    press(page, "Keep note")
    wait_for_text(page, "#steer-said", "note of")
    page.get_by_role("button", name="take the tag first away").click()
    wait_for_text(page, "#steer-said", "tag of")
    row = bench.store.row(RUN)
    equal((row["name"], row["note"]), (HOSTILE, "two\nlines"), "name and note")
    expect("first" not in row["tags"] and HOSTILE in row["tags"], f"the tags are {row['tags']}")
    page.fill("#new-name", "  ")
    page.keyboard.press("Enter")
    wait_for_text(page, "#steer-title", "Partition equal")
    equal([(name, body["action"], token) for name, body, token in bench.store.actions],
          [(RUN, action, BEARER) for action in ("rename", "tag", "note", "tag", "rename")], "the actions")
    equal(bench.store.actions[-1][1], {"action": "rename", "name": None}, "what takes a name away")
    equal(page.evaluate("window.hacked"), None, "what the markup did")
    page.keyboard.press("Escape")
    equal(page.evaluate("document.activeElement.getAttribute('aria-label')"), "tags and actions of Partition equal",
          "where the focus is afterwards")


@check
def what_is_written_stays_while_rows_change(bench: Bench) -> None:
    page = bench.steer(5)
    open_actions(page, "20261101_000000")
    page.fill("#new-note", "half a sen")
    bench.store.advance("20261101_000000")
    page.wait_for_function("() => document.querySelector('#runs-body').textContent.includes('6 of 20')")
    equal(page.input_value("#new-note"), "half a sen", "the note that is being written")
    equal(page.evaluate("document.activeElement.id"), "new-note", "where the focus is")
    bench.store.remove("20261101_000000")
    page.wait_for_selector("#steer:not([open])", state="attached")


@check
def stops_pauses_resumes_and_extends(bench: Bench) -> None:
    page = bench.steer(5)
    open_actions(page, "20261101_000000")
    equal(page.locator("#steer-buttons button:visible").all_inner_texts(), ["Pause", "Stop"], "what it can be told")
    press(page, "Pause")
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    press(page, "Resume")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    press(page, "Stop")
    page.wait_for_selector("#steer-extend:visible")
    page.fill("#new-rounds", "40")
    press(page, "Extend")
    page.wait_for_function("() => document.querySelector('#runs-body tr').textContent.includes('of 40')")
    equal([body for _, body, _ in bench.store.actions],
          [{"action": "pause"}, {"action": "resume"}, {"action": "stop"}, {"action": "extend", "rounds": 40}],
          "what was asked")


@check
def removes_after_asking_once(bench: Bench) -> None:
    page = bench.steer(5)
    open_actions(page, RUN)
    press(page, "Remove …")
    dialog = page.locator("dialog:not(#steer)")
    expect("for good" in dialog.inner_text(), f"it asks {dialog.inner_text()!r}")
    dialog.get_by_role("button", name="Cancel").click()
    equal(bench.store.actions, [], "what was asked after Cancel")
    press(page, "Remove …")
    page.locator("dialog:not(#steer)").get_by_role("button", name="Remove it").click()
    page.wait_for_function("id => document.querySelector(`tr[data-id='${id}']`) === null", arg=RUN)
    page.wait_for_selector("#steer:not([open])", state="attached")
    equal(text(page, "#said"), f"remove of {RUN} is done.", "what is said")
    equal([(name, body) for name, body, _ in bench.store.actions], [(RUN, {"action": "remove"})], "what was asked")


@check
def acts_on_several_at_once(bench: Bench) -> None:
    page = bench.steer(30)
    names = bench.store.names
    for name in names[:6]:
        box(page, name).check()
    page.locator("#steer-chosen").click()
    equal(text(page, "#steer-title"), "6 chosen runs", "the title")
    equal(page.locator("#steer-buttons button:visible").all_inner_texts(),
          ["Pause 1 of 6", "Stop 1 of 6", "Remove 5 of 6 …"], "what they can be told")
    page.fill("#new-tag", "together")
    press(page, "Add")
    wait_for_text(page, "#steer-said", "6 of 6 done.")
    expect(all("together" in bench.store.row(name)["tags"] for name in names[:6]), "some have no tag")
    page.get_by_role("button", name="take the tag baseline away").click()
    page.wait_for_function("() => !document.querySelector('#steer-tags').textContent.includes('baseline')")
    expect(not any("baseline" in bench.store.row(name)["tags"] for name in names[:6]), "some have the tag still")
    bench.store.refusals[names[2]] = "It is being read by another process."
    bench.outage = True
    press(page, "Remove 5 of 6 …")
    page.get_by_role("button", name="Remove all 5").click()
    wait_for_text(page, "#steer-said", "4 of 5 done.")
    expect(said(page).endswith("Partition equal: It is being read by another process."), f"it says {said(page)!r}")
    equal(bench.store.names[:2], [names[0], names[2]], "those that are left")
    wait_for_text(page, "#chosen-count", "2 runs chosen")


@check
def without_a_token_it_says_so(bench: Bench) -> None:
    page = bench.look(5)
    page.locator("#steering summary").click()
    expect("open the address that the program printed" in text(page, "#steering"), "it is not told how to steer")
    open_actions(page, RUN)
    enabled = page.locator("#steer").locator("button:enabled:visible, input:enabled:visible, textarea:enabled:visible")
    equal(enabled.evaluate_all("all => all.map(one => one.id || one.textContent || one.type)"),
          ["password", "Use it", "steer-close"], "what can be pressed")
    page.locator("#steer-why input").fill(f"{bench.store.address}#token={fake.TOKEN}")
    press(page, "Use it")
    page.fill("#new-name", "by a pasted token")
    press(page, "Rename")
    wait_for_text(page, "#steer-title", "by a pasted token")
    equal(bench.store.actions[-1][2], BEARER, "the token that was sent")
    expect(page.locator("#steering").is_hidden(), "the token is still asked for")


@check
def a_wrong_token_is_refused_and_forgotten(bench: Bench) -> None:
    bench.outage = True
    for token in ("wrong", "ключ"):
        page = bench.look(None if bench.store.names else 5, token=token)
        open_actions(page, RUN)
        page.fill("#new-name", "not this")
        press(page, "Rename")
        page.wait_for_function("() => document.querySelector('#steer-said').classList.contains('bad')")
        equal(bench.store.row(RUN)["name"], None, "the name")
    equal(len(bench.store.actions), 1, "the actions that reached the store")
    page = bench.look(token="wrong")
    for name in bench.store.names[:3]:
        box(page, name).check()
    page.locator("#steer-chosen").click()
    page.fill("#new-tag", "x")
    press(page, "Add")
    wait_for_text(page, "#steer-said", "The token is not the store's.")
    equal(len(bench.store.actions), 2, "the actions after the first was refused")
    page.wait_for_selector("#steer-why input:visible")
    equal(page.evaluate("sessionStorage.length"), 0, "what the tab keeps of a wrong token")


@check
def a_store_that_cannot_be_steered_says_why(bench: Bench) -> None:
    bench.store.steering = {"allowed": False, "why": "The store belongs to another user."}
    page = bench.steer(5)
    expect("The store belongs to another user." in text(page, "#steering"), "it is not told why")
    open_actions(page, RUN)
    equal(page.locator("#steer").locator("button:enabled:visible, input:enabled:visible").all_inner_texts(), ["Close"],
          "what can be pressed")
    expect("another user" in text(page, "#steer-why"), "the dialog does not tell why")
    press(page, "Close")
    box(page, RUN).check()
    page.wait_for_selector("#chosen:visible")
    expect(page.locator("#steer-chosen").is_hidden(), "actions are offered for the chosen")
    bench.store.steering = {"allowed": True, "why": None}
    bench.store.change(RUN, note="now")
    page.wait_for_selector("#steering", state="hidden")
    equal(texts(page, "#steer-chosen"), ["Tags and actions …"], "what is offered then")


@check
def a_silent_store_is_told(bench: Bench) -> None:
    page = bench.steer(5)
    open_actions(page, RUN)
    bench.outage = True
    bench.store.stop()
    page.fill("#new-name", "x")
    press(page, "Rename")
    page.wait_for_function("() => document.querySelector('#steer-said').classList.contains('bad')")
    expect(said(page).startswith("The action did not reach the server"), f"it says {said(page)!r}")
