"""Tests of the page: steering, with the token and without."""

from __future__ import annotations

from typing import Any

import fake_server as fake
from fake_details import enrich
from page_bench import Bench, check, equal, expect, text, texts
from page_scenes import HOSTILE, ended, moment


def steered(bench: Bench, state: fake.State) -> Any:
    bench.server.publish(state)
    page = bench.open(address=f"{bench.server.address}/#token={bench.server.token}")
    page.wait_for_selector("#link.live")
    bench.show(page, state)
    return page


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Any, sentence: str) -> None:
    page.wait_for_function(
        "text => document.getElementById('steering-said').textContent === text", arg=sentence)


@check
def keeps_the_focus_where_an_action_goes(bench: Bench) -> None:
    state = enrich(moment(3, reported=2))
    page = steered(bench, state)
    page.get_by_role("button", name="Pause", exact=True).focus()
    # As where the answer to a press comes before the state that follows from it.
    bench.server.publish(state | {"steering": state["steering"] | {"actions": ["resume", "stop"]}})
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    equal(page.evaluate("document.activeElement.textContent"), "Resume", "what has the focus then")


@check
def steers_a_run(bench: Bench) -> None:
    page = steered(bench, enrich(moment(3, reported=2)))
    equal(page.url, f"{bench.server.address}/", "the address, from which the token is gone")
    equal(texts(page, "#steering-buttons button"), ["Pause", "Stop", "Extend",
                                                    "Name, tags and note …"], "the actions")
    press(page, "Pause")
    said(page, "pause: done.")
    page.get_by_text("Paused after round 3 of 12").wait_for()
    equal(page.evaluate("document.activeElement.textContent"), "Resume", "what has the focus then")
    press(page, "Resume")
    said(page, "resume: done.")
    page.get_by_label("to rounds in all").fill("40")
    press(page, "Extend")
    said(page, "extend: done.")
    page.get_by_text("3 of 40").first.wait_for()
    press(page, "Name, tags and note …")
    page.get_by_label("Name", exact=True).fill(HOSTILE)
    page.get_by_label("Tags, with commas between them").fill(" one, two two ,, one")
    page.get_by_label("Note").fill("first\nsecond")
    press(page, "Save")
    said(page, "note: done.")
    page.wait_for_function("() => document.getElementById('edit').hidden")
    equal(text(page, "#name"), HOSTILE, "the name")
    equal(texts(page, "#tags li"), ["one", "two two"], "the tags")
    # The same again is no action, and an empty name takes the name away.
    press(page, "Name, tags and note …")
    page.get_by_label("Name", exact=True).fill("")
    press(page, "Save")
    page.wait_for_function("() => document.getElementById('edit').hidden")
    press(page, "Stop")
    said(page, "stop: done.")
    equal(bench.server.actions, [
        {"action": "pause"}, {"action": "resume"}, {"action": "extend", "rounds": 40},
        {"action": "rename", "name": HOSTILE}, {"action": "tag", "tags": ["one", "two two"]},
        {"action": "note", "note": "first\nsecond"}, {"action": "rename", "name": None},
        {"action": "stop"}], "what the server was asked for")
    equal(page.evaluate("window.hacked"), None, "what the markup did")
    # The token stays with the tab, and goes along with actions alone.
    page.reload()
    page.wait_for_selector("#link.live")
    expect(page.locator("#steering-token").is_hidden(), "the token is forgotten by a reload")


@check
def asks_before_it_removes(bench: Bench) -> None:
    state = enrich(ended())
    state["home"] = "./"
    page = steered(bench, state)
    expect("Remove …" in texts(page, "#steering-buttons button"), "nothing removes an ended run")
    expect("Stop" not in texts(page, "#steering-buttons button"), "an ended run can be stopped")
    press(page, "Remove …")
    expect("for ever" in text(page, "dialog"), f"the question is {text(page, 'dialog')!r}")
    equal(page.evaluate("document.activeElement.textContent"), "Cancel", "what has the focus")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    press(page, "Remove …")
    press(page, "Cancel")
    equal(bench.server.actions, [], "what was asked for without a yes")
    press(page, "Remove …")
    press(page, "Remove it")
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].type === 'navigate'")
    page.wait_for_selector("#link.live")
    equal(bench.server.actions, [{"action": "remove"}], "what was asked for after a yes")


@check
def needs_the_token(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(3))
    bench.show(page, state)
    for button in page.locator("#steering-buttons button").all():
        expect(button.is_disabled(), f"{button.inner_text()!r} can be pressed without a token")
    expect("with its token" in text(page, "#steering-token"), "nobody says where the token is")
    page.get_by_label("Token").fill("wrong")
    bench.outage = True  # the browser reports the refusal on the console
    press(page, "Use it")
    press(page, "Pause")
    said(page, "The token is not this server's.")
    expect(page.locator("#steering-said.failed").is_visible(), "the refusal looks like a success")
    expect(page.locator("#steering-token").is_visible(), "no other token can be given")
    equal(bench.server.actions, [], "what was done without the token")
    page.get_by_label("Token").fill(f" {bench.server.token} ")
    press(page, "Use it")
    press(page, "Pause")
    said(page, "pause: done.")
    # What a server may answer instead.
    for refusal, sentence in [
        ((409, {"code": "conflict", "message": HOSTILE}), HOSTILE),
        ((500, "<html>"), "The server answered with status 500."),
        ((404, "null"), "The server answered with status 404."),
    ]:
        bench.server.refusal = refusal
        press(page, "Resume")
        said(page, sentence)
    bench.server.stop()
    press(page, "Resume")
    said(page, "The action did not reach the server, or its answer did not reach this page.")
    bench.server.start()
    page.wait_for_selector("#link.live")
    equal([path for path in bench.server.requests if "token" in path], [], "tokens in addresses")


@check
def says_why_there_is_no_steering(bench: Bench) -> None:
    page = bench.open()
    state = enrich(moment(3))
    state["steering"] = {"actions": [], "why": f"Another process writes this run. {HOSTILE}"}
    bench.show(page, state)
    equal(text(page, "#steering-why"), f"Another process writes this run. {HOSTILE}", "the reason")
    equal(page.locator("#steering-buttons button").count(), 0, "the buttons")
    expect(page.locator("#steering-token").is_hidden(), "a token is asked for in vain")
    state["steering"] = {"actions": ["rename", "explode", 7, None], "needsToken": False}
    bench.show(page, state)
    equal(texts(page, "#steering-buttons button"), ["Name, tags and note …"], "the actions")
    expect(page.locator("#steering-buttons button").is_enabled(), "the action needs no token")
    press(page, "Name, tags and note …")
    expect(page.locator("#edit-tags").is_hidden(), "tags can be edited that no action takes")
    for odd in (None, 7, [], "x", {}, {"actions": 7, "why": 7}):
        state["steering"] = odd
        bench.show(page, state)
        expect(page.locator("#steering").is_hidden(), f"steering is shown for {odd!r}")
