"""One client's way through a run, over the plain API: texts, and models as nested lists."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy

from .client import Client, Ending
from .connection import MODEL_SECONDS, Connection, Patience, Refusal
from .errors import ClientError, Diverged
from .parameters import split
from .session import Work

POLL_SECONDS = 0.1
# The page's state, which may be long, is asked for less often.
STATE_SECONDS = 2.0


class PlainSession:
    """Asks at intervals, because the plain API has nothing that waits."""

    def __init__(
        self, client: Client, connection: Connection, patience: Patience, id: int,
        found: dict[str, Any] | None, tell: Callable[[str], None]
    ) -> None:
        self.work = Work(client, id, tell)
        self.connection, self.patience, self.tell = connection, patience, tell
        self.found = found

    def run(self) -> Ending:
        if self.found is None:
            raise ClientError("the server does not say how many rounds its run has (/v1/run): a client "
                              "would not know when to end")
        rounds = int(self.found["spec"]["rounds"])
        reported = -1
        asked = time.monotonic()
        while (committed := self.committed()) < rounds:
            if committed != reported and self.take_part(committed, rounds):
                reported = committed
                continue
            # There is nothing to do, or no use for what was done: it may be over before its last round.
            if time.monotonic() - asked > STATE_SECONDS:
                asked = time.monotonic()
                if ending := self.ended():
                    return ending
            time.sleep(POLL_SECONDS)
        return self.work.ending("completed", True)

    def committed(self) -> int:
        _, data = self.patience.answer(lambda: self.connection.exchange("GET", "/get_server_round"))
        try:
            return int(data)
        except ValueError as error:
            raise ClientError(f"{self.connection.address.text} is no federation's server: its number of "
                              f"rounds is {data[:40]!r}") from error

    def ended(self) -> Ending | None:
        """How a run ended before its last round, which only the page's state says."""
        try:
            state = self.connection.message("GET", "/state")
        except Refusal:
            return None  # the page is not for everybody
        outcome = state.get("outcome") if isinstance(state, dict) else None
        return self.work.ending(str(outcome), outcome == "completed") if outcome else None

    def take_part(self, committed: int, rounds: int) -> bool:
        """Trains and reports; whether the round has the model now."""
        lists = self.patience.answer(
            lambda: self.connection.message("GET", "/get_server_weight", seconds=MODEL_SECONDS))
        arrays = [numpy.array(tensor, numpy.float32) for tensor in lists]
        shapes = [array.shape for array in arrays]
        vector = numpy.concatenate([array.ravel() for array in arrays])
        try:
            trained, samples, _, _ = self.work.train(
                vector, shapes, self.work.config(self.found, committed + 1))
        except Diverged as error:
            raise ClientError(f"{error} (the plain API has no word for it)") from error
        text = json.dumps([array.tolist() for array in split(trained, shapes)]).encode()
        id = self.work.id

        def send() -> None:
            self.connection.exchange("GET", f"/update_num_data/{id}/{samples}")
            self.connection.exchange("PUT", f"/put_weight/{id}", text, seconds=MODEL_SECONDS)

        try:
            self.patience.answer(send)
        except Refusal as error:
            if error.status != 409:
                raise
            # The round is over, not yet open, or has the model from an attempt whose answer was lost.
            return error.code == "duplicate"
        self.tell(f"round {committed + 1} of {rounds}: reported")
        return True
