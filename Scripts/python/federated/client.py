"""A client whose training is somebody's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy
import pandas

from .connection import Address, Connection, Patience, Refusal, read_token
from .errors import ClientError
from .parameters import MOST_SAMPLES, Arrays, is_sample_count


@dataclass(frozen=True)
class Ending:
    """How a run ended, as its server says."""

    outcome: str
    succeeded: bool
    # A row a round that the client had a part in: loss and metrics of fit and evaluate, seconds.
    history: pandas.DataFrame = field(repr=False)


class Client:
    """Takes part in a served run: subclass it with `fit`, and call `join`.

    As Flower's NumPyClient, on lists of NumPy arrays. They are in layer order and Keras's layout: kernels
    [height][width][in][out] and [in][out], images NHWC."""

    # Training samples, said before the first round; the weight in the mean is what `fit` returns.
    samples: int | None = None

    def get_parameters(self, config: dict[str, Any]) -> Arrays | None:
        """The own model's arrays, for their shapes; without them the server's nested lists tell these."""
        return None

    def fit(self, parameters: Arrays, config: dict[str, Any]) -> Any:
        """Trains from the global model on, and returns (parameters, samples, metrics).

        `config` has the run's settings that travel, by their names, and "round", "run", "client" and
        "proximal_mu". A metric "loss" is told to the server. Long training may look at `is_wanted`."""
        raise NotImplementedError

    def evaluate(self, parameters: Arrays, config: dict[str, Any]) -> Any:
        """Tests the global model before each round: (loss, samples, metrics), for the history. May be left
        out."""
        return None

    @property
    def is_wanted(self) -> bool:
        """False once the round in progress goes on without this client: training has no more use."""
        pulse = getattr(self, "_pulse", None)
        return pulse is None or pulse.is_wanted

    def join(
        self, url: str, id: int, token: str | os.PathLike | None = None, *,
        ca: str | os.PathLike | None = None, retry_seconds: float = 120,
        on_event: Callable[[str], None] | None = print, api: str | None = None
    ) -> Ending:
        """Takes part until the run is over; Ctrl-C leaves it politely.

        `token` is a token or the path of its file, `ca` a PEM file with who signed the server's
        certificate. A server that is away is tried again for `retry_seconds`. `on_event` is told a
        sentence at each step, None for silence. `api` is "binary" or "plain"; by itself the plain one is
        spoken where the run has what only that leaves to the server.

        Raises ClientError, and what `fit` and `evaluate` raise."""
        from .plain import PlainSession
        from .session import Session, checked_run

        if isinstance(id, bool) or not isinstance(id, (int, numpy.integer)) or not 0 <= id < 2**31 - 1:
            raise ClientError(f"the id is {id!r}: expected a whole number from 0")
        if api not in (None, "binary", "plain"):
            raise ClientError(f"api is {api!r}: expected 'binary' or 'plain'")
        if type(self).fit is Client.fit:
            raise ClientError(f"{type(self).__name__} has no fit: subclass Client with "
                              "fit(self, parameters, config)")
        if self.samples is not None and not is_sample_count(self.samples):
            raise ClientError(f"samples of {type(self).__name__} is {self.samples!r}: expected a whole number "
                              f"from 1 to {MOST_SAMPLES}, or None")
        address = Address.parse(url)
        tell = on_event or (lambda _: None)
        connection = Connection(address, read_token(token), ca)
        patience = Patience(address, retry_seconds, tell)
        try:
            found, needs_plain = checked_run(connection, patience)
            if api == "binary" and needs_plain:
                raise ClientError(needs_plain)
            kind = PlainSession if api == "plain" or needs_plain else Session
            if needs_plain:
                tell(needs_plain)
            return kind(self, connection, patience, int(id), found, tell).run()
        except Refusal as error:
            raise ClientError(f"the server refuses: {error.message}") from error
        finally:
            self._pulse = None
            connection.close()
