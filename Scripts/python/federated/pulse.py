"""A client's signs of life while it trains, in a thread and on a connection of their own."""

from __future__ import annotations

import threading
from typing import Any

from .connection import Away, Connection, Refusal
from .errors import ClientError


class Pulse:
    """Beats within `with`; `is_wanted` turns False once the round goes on without the client."""

    def __init__(
        self, connection: Connection, seat: str, round: int, seconds: float, registration: dict[str, Any]
    ) -> None:
        self.is_wanted = True
        self._connection, self._seat, self._round = connection, seat, round
        self._seconds, self._registration = seconds, registration
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="federated pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(6)

    def _run(self) -> None:
        connection = self._connection.another()
        beat = {"round": self._round, "imagesTrained": 0, "imagesPerSecond": 0.0}
        try:
            while not self._stop.wait(self._seconds):
                try:
                    answer = connection.message("POST", f"{self._seat}/heartbeat", beat, seconds=5)
                    if not answer["isWanted"]:
                        self.is_wanted = False
                        return
                except Refusal as error:
                    # A server that has come back knows its clients only when they say who they are.
                    if error.code == "unknown_client":
                        self._register(connection)
                except (Away, ClientError, KeyError, TypeError):
                    pass  # no reason to stop: the update may still find the server again
        finally:
            connection.close()

    def _register(self, connection: Connection) -> None:
        try:
            connection.message("PUT", self._seat, self._registration, seconds=5)
        except (Away, Refusal, ClientError):
            pass
