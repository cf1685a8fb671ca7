"""Moments of the scripted run, for the tests of the page."""

from __future__ import annotations

import copy
from typing import Any

import fake_server as fake

HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>'


def moment(rounds: int, reported: int | None = None, clients: int = 5, of: int = 12,
           **run: Any) -> fake.State:
    """The run when so many rounds are over and so many clients have reported in the next."""
    for state in fake.play(clients, of, **run):
        if len(state["rounds"]) == rounds and (
                reported is None or (state["phase"] == "training" and reported == sum(
                    client["state"] == "reported" for client in state["clients"]))):
            return copy.deepcopy(state)
    raise AssertionError(f"the scripted run has no such moment: {rounds}, {reported}")


def ended(clients: int = 5, of: int = 12, **run: Any) -> fake.State:
    return copy.deepcopy(list(fake.play(clients, of, **run))[-1])


def large_run(rounds: int = 100, every: int = 5, **run: Any) -> fake.State:
    """A cohort of 100 of 5,000 clients, tested every few rounds; clients 0 to 299 have joined."""
    state = fake.new_state(5_000, 200, experiment=0, partition="dirichlet:0.5", cohort=100,
                           strategy="FedProx", mu=0.1, epochs=0.5, batch_size="all", momentum=0.9,
                           evaluate_every=every, **run)
    for client in range(300):
        fake.join(state, client)
        state["clients"][-1]["lastSeen"] = fake.utc(300 - client)
    for number in range(1, rounds + 1):
        tested = number % every == 0
        state["rounds"].append({
            "round": number, "accuracy": fake.accuracy(number) if tested else None,
            "loss": 2.2 * (1 - fake.accuracy(number)) + 0.03 if tested else None,
            "seconds": 1 + number / 100, "closedAt": fake.utc(), "clientsLow": None,
            "clientsHigh": None})
    state.update(phase="training", round=rounds + 1, roundOpenedAt=fake.utc())
    return state
