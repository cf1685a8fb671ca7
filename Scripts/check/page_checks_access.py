"""Tests of the page: every state of it, at both widths and in both schemes, for whoever reads it how."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import fake_server as fake
from fake_details import enrich
from page_bench import (
    Bench, check, check_contrast, check_labels, check_no_sideways_scroll, expect,
)
from page_scenes import ended, moment

WIDE, NARROW = (1280, 900), (390, 844)


def check_access(page: Any, when: str, contrast: bool = False) -> None:
    """axe-core finds nothing serious or critical; contrast, its slowest rule, check_contrast knows."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    found = Axe().run(page, options=options).response["violations"]
    bad = [f"{one['id']} at {one['nodes'][0]['target']}: {one['nodes'][0]['failureSummary']}"
           for one in found if one["impact"] in ("serious", "critical")]
    expect(bad == [], f"{when}: {' | '.join(bad[:4])}")


def missing(clients: int) -> fake.State:
    state = moment(2, reported=min(3, clients), clients=clients)
    gone = clients - 1
    fake.lose(state, gone, "no heartbeat for 3 s")
    state["clients"][gone]["lastSeen"] = fake.utc(247)
    state["waiting"] = {
        "round": 3, "needed": clients, "here": clients - 1, "missing": [gone],
        "since": fake.utc(247), "command": f"federated join http://127.0.0.1:9103 --id {gone}"}
    state["deadlineAt"] = None
    return state


def scenes() -> Iterator[tuple[str, fake.State]]:
    """The states that the page is looked at in."""
    yield "before", enrich(fake.new_state(5, 12))
    yield "during-1", enrich(moment(4, clients=1))
    yield "during-5", enrich(moment(4, reported=3), classes=10)
    named = enrich(missing(5))
    named["run"] |= {"name": "five hospitals, unequal", "tags": ["baseline", "to show", "seed 1"],
                     "note": "The run for the talk.\nThe last client is on the slow line."}
    yield "missing-5", named
    paused = moment(4) | {"phase": "paused", "deadlineAt": None}
    yield "paused-5", enrich(paused)
    yield "equal-5", enrich(ended(), equal=True)
    yield "after-5", enrich(ended(target_accuracy=0.96), classes=10)
    yield "during-100", enrich(many(100), classes=10)
    yield "after-100-classes", enrich(ended(clients=12), classes=100)
    yield "during-10000", enrich(many(10_000), classes=10, listed=120)


def many(clients: int) -> fake.State:
    """Nine rounds of many clients, without the states in between."""
    state = fake.new_state(clients, 12)
    for client in range(clients):
        state["clients"].append({
            "client": client, "state": "waiting", "samples": 600 - client % 97, "accuracy": None,
            "lastSeen": fake.utc(client % 60), "bytesReceived": 812, "bytesSent": 1_204,
            "imagesPerSecond": 4_000.0 + client % 700})
    for _ in range(9):
        fake.open_round(state)
        for index in range(0, clients, max(1, clients // 50)):
            fake.report(state, index)
        fake.close_round(state)
    for lost in range(0, clients, max(1, clients // 12)):
        fake.lose(state, lost, "connection reset by peer")
    fake.open_round(state)
    state["events"] = state["events"][-40:]
    return state


@check
def every_state_can_be_used(bench: Bench) -> None:
    known = list(scenes())
    for scheme in ("light", "dark"):
        for size, device in ((WIDE, "1280"), (NARROW, "390")):
            page = bench.open(size, scheme)
            for name, state in known:
                when = f"{name}, {device}, {scheme}"
                bench.show(page, copy.deepcopy(state))
                check_no_sideways_scroll(page, when)
                check_labels(page, when)
                check_contrast(page, when)
                # Names and roles are the same in both schemes.
                if (scheme == "light") == (device == "1280"):
                    check_access(page, when, contrast=name == "missing-5")
                bench.screenshot(page, f"scene-{name}-{device}-{scheme}")
            page.context.close()


@check
def reaches_everything_by_keyboard(bench: Bench) -> None:
    page = bench.open(address=f"{bench.server.address}/#token={bench.server.token}")
    bench.show(page, enrich(moment(4, reported=3)))
    wanted = {"Pause", "Stop", "Extend", "Name, tags and note …"}
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("""() => document.activeElement.getAttribute('aria-label')
            ?? document.activeElement.innerText ?? ''"""))
    expect(wanted <= reached, f"Tab does not reach {wanted - reached}")
    for name in ("Server accuracy, by the arrow keys", "Table of clients", "Confusion matrix"):
        expect(name in reached, f"Tab does not reach {name}: {reached}")
