"""One client's way through a run, over the binary API."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import numpy
import pandas

from .body import Body, BodyError, DamagedBody, decode_model, encode_update
from .client import Client, Ending
from .connection import MODEL_SECONDS, Away, Connection, Patience, Refusal
from .errors import ClientError, Diverged
from .parameters import Shapes, check_layout, evaluate_result, fit_result, join, own_shapes, split
from .pulse import Pulse
from .spelling import spelled

PROTOCOL = 2
# How long a program that has started again waits for its former self to be missed.
TAKEN_SECONDS = 5.0
# What a round says that has no more use for what came of it.
TOO_LATE = {"wrong_round", "no_round_open", "not_in_cohort", "duplicate", "conflicting_update",
            "client_taken"}


def checked_run(connection: Connection, patience: Patience) -> tuple[dict[str, Any] | None, str]:
    """The run's settings, and why the plain API has to do, if it has."""
    try:
        found = patience.answer(lambda: connection.message("GET", "/v1/run"))
    except Refusal as error:
        if error.status != 404:
            raise
        return None, "the server has no binary API: the plain one is spoken"
    try:
        protocol, transforms = found["protocol"], found["transforms"]
        corrects, encodings = found["objective"]["controlVariates"], found["encodings"]
    except (KeyError, TypeError) as error:
        raise ClientError(f"{connection.address.text} is no federation's server: its run has no "
                          f"{error}") from error
    if corrects:
        raise ClientError("the run's strategy corrects each step of training, as SCAFFOLD: only "
                          "federated join takes part in it")
    if protocol != PROTOCOL:
        return found, (f"the server speaks version {protocol} of the protocol, this module {PROTOCOL}: "
                       "the plain API is spoken")
    if transforms or "float32" not in encodings:
        what = ", ".join(map(str, transforms)) or "another encoding"
        return found, f"the run's updates go through {what}: the plain API leaves that to the server"
    return found, ""


class Work:
    """What a client does in a round, whichever API it came by."""

    def __init__(self, client: Client, id: int, tell: Callable[[str], None]) -> None:
        self.client, self.id, self.tell = client, id, tell
        self.rows: list[dict[str, Any]] = []

    def config(self, found: dict[str, Any] | None, round: int) -> dict[str, Any]:
        found = found or {}
        return {**spelled(found.get("spec") or {}), "round": round, "client": self.id, "run": found.get("run"),
                "proximal_mu": (found.get("objective") or {}).get("proximal", 0.0)}

    def shapes(self, connection: Connection, patience: Patience, config: dict[str, Any]) -> Shapes:
        """Of the own model, or as the server's nested lists have them."""
        own = self.client.get_parameters(config)
        if own is not None:
            return own_shapes(own)
        lists = patience.answer(
            lambda: connection.message("GET", "/get_server_weight", seconds=MODEL_SECONDS))
        return [numpy.shape(tensor) for tensor in lists]

    def train(
        self, vector: numpy.ndarray, shapes: Shapes, config: dict[str, Any]
    ) -> tuple[numpy.ndarray, int, dict[str, float], float]:
        """The trained vector, its samples, metrics and seconds."""
        row: dict[str, Any] = {"round": config["round"]}
        tested = self.client.evaluate(split(vector, shapes), dict(config))
        if tested is not None:
            row |= evaluate_result(tested)
        began = time.perf_counter()
        result = self.client.fit(split(vector, shapes), dict(config))
        seconds = time.perf_counter() - began
        parameters, samples, metrics = fit_result(result, self.client.samples)
        trained = join(parameters, shapes, "fit")
        self.rows.append(row | metrics | {"samples": samples, "seconds": seconds})
        return trained, samples, metrics, seconds

    def ending(self, outcome: str, succeeded: bool) -> Ending:
        self.tell(f"the run is over: {outcome}")
        return Ending(outcome, succeeded, pandas.DataFrame(self.rows))


class Session:
    """Asks for tasks and does them until the run is over."""

    def __init__(
        self, client: Client, connection: Connection, patience: Patience, id: int,
        found: dict[str, Any], tell: Callable[[str], None]
    ) -> None:
        self.work = Work(client, id, tell)
        self.connection, self.patience, self.tell = connection, patience, tell
        self.found = found
        self.instance = secrets.token_hex(8)
        self.shapes: Shapes = []
        self.model: Body | None = None
        # The last update's round, model and bytes, so that they can be sent again.
        self.update: tuple[tuple[str, int, int | None, bytes], bytearray] | None = None
        self.is_in = False

    @property
    def seat(self) -> str:
        return f"/v1/runs/{self.found['run']}/clients/{self.work.id}"

    @property
    def registration(self) -> dict[str, Any]:
        return {"protocol": PROTOCOL, "architecture": self.found["architecture"],
                "samples": int(self.work.client.samples or 1), "instance": self.instance}

    def run(self) -> Ending:
        try:
            self.enter()
            while True:
                try:
                    ending = self.step()
                except Refusal as error:
                    if error.code not in ("unknown_client", "unknown_run"):
                        raise
                    self.enter()
                    continue
                if ending:
                    return ending
        except BaseException:
            self.leave()
            raise

    def enter(self) -> None:
        """Finds the run and takes a seat in it."""
        found, needs_plain = checked_run(self.connection, self.patience)
        if found is None or needs_plain:
            raise ClientError(f"another run has begun: {needs_plain}")
        if not self.shapes or found != self.found:
            self.found, self.model = found, None
            self.shapes = self.work.shapes(
                self.connection, self.patience, self.work.config(found, 0))
            count = sum(int(numpy.prod(shape)) for shape in self.shapes)
            if count != found["parameterCount"]:
                raise ClientError(f"get_parameters has {count:,} numbers: the run's model has "
                                  f"{found['parameterCount']:,}")
            check_layout(self.shapes, found.get("architectureJSON"))
        self.register()
        self.is_in = True
        self.tell(f"client {self.work.id} takes part in run {found['run']}")

    def register(self) -> None:
        until = time.monotonic() + TAKEN_SECONDS
        while True:
            try:
                self.patience.answer(
                    lambda: self.connection.message("PUT", self.seat, self.registration))
                return
            except Refusal as error:
                if error.code == "unknown_run":
                    return self.enter()
                if error.code != "client_taken":
                    raise
                if time.monotonic() > until:
                    raise ClientError(f"client {self.work.id} is another program's already: join with "
                                      "another id, or end that one") from error
                time.sleep(0.25)

    def leave(self) -> None:
        if self.is_in:
            try:
                self.connection.exchange("DELETE", self.seat, seconds=2)
            except (Away, Refusal, ClientError):
                pass

    def step(self) -> Ending | None:
        """One task; how the run ended if it has."""
        task = self.patience.answer(lambda: self.connection.message(
            "GET", f"{self.seat}/task", seconds=float(self.found["pollSeconds"]) + 15))
        if task["task"] == "finished":
            return self.work.ending(str(task.get("outcome")), bool(task.get("succeeded")))
        if task["task"] == "train":
            self.take_part(int(task["round"]), task.get("counted"))
        return None

    def take_part(self, round: int, counted: int | None) -> None:
        model = self.patience.answer(self.global_model)
        if model.round != round - 1:
            time.sleep(0.02)  # the round has closed since: the next answer says what is to be done
            return
        key = (self.seat, round, counted, model.checksum)
        if self.update is None or self.update[0] != key:
            data = self.trained(round, model)
            if data is None:
                return
            self.update = (key, data)
        self.deliver(round, lambda: self.connection.exchange(
            "PUT", f"/v1/runs/{self.found['run']}/rounds/{round}/updates/{self.work.id}", self.update[1],
            seconds=MODEL_SECONDS, kind="application/octet-stream"))

    def trained(self, round: int, model: Body) -> bytearray | None:
        """An update's bytes; None where the round went on without it."""
        config = self.work.config(self.found, round)
        pulse = Pulse(self.connection, self.seat, round, float(self.found["heartbeatSeconds"]),
                      self.registration)
        try:
            with pulse:
                self.work.client._pulse = pulse
                vector, samples, metrics, seconds = self.work.train(model.vector, self.shapes, config)
        except Diverged as error:
            self.fail(round, str(error))
            return None
        if not pulse.is_wanted:
            self.tell(f"round {round}: it no longer waits for this client")
            return None
        report = {"seconds": seconds, "loss": metrics.get("loss")}
        if report["loss"] is not None and not numpy.isfinite(report["loss"]):
            report["loss"] = None
        return encode_update(
            vector, run=self.found["run"], round=round, client=self.work.id, samples=samples,
            architecture=self.found["architecture"], report=report)

    def fail(self, round: int, reason: str) -> None:
        """Says that training came to nothing."""
        path = f"/v1/runs/{self.found['run']}/rounds/{round}/failures/{self.work.id}"
        self.tell(f"round {round}: {reason}")
        self.deliver(round, lambda: self.connection.message("PUT", path, {"reason": reason[:250]}))

    def global_model(self) -> Body:
        """The last committed model; the one that is here where that is still it."""
        path = f"/v1/runs/{self.found['run']}/model"
        headers = {"If-None-Match": self.tag} if self.model else {}
        status, data = self.connection.exchange("GET", path, seconds=MODEL_SECONDS, headers=headers)
        if status == 304 and self.model:
            return self.model
        try:
            body = decode_model(data, self.found["parameterCount"])
        except DamagedBody as error:
            raise Away(str(error)) from error
        except BodyError as error:
            raise ClientError(f"{self.connection.address.text} is no federation's server: {error}"
                              ) from error
        if body.architecture != self.found["architecture"]:
            raise ClientError("the server's global model is of another architecture than its run")
        self.model = body
        return body

    @property
    def tag(self) -> str:
        return f'"{self.model.run}-{self.model.round}"' if self.model else ""

    def deliver(self, round: int, send: Callable[[], Any]) -> None:
        """Sends what came of a round; a round that has no use for it is passed over."""
        while True:
            try:
                self.patience.answer(send)
                self.tell(f"round {round} of {self.found['spec']['rounds']}: reported")
                return
            except Refusal as error:
                if error.code in TOO_LATE:
                    return self.tell(f"round {round}: {error.message}")
                if error.code == "unknown_client":
                    run = self.found["run"]
                    self.enter()
                    if self.found["run"] != run:
                        return
                elif error.code == "out_of_range":
                    return self.fail(round, error.message)
                else:
                    raise
