"""A server rule of one's own, for `federated run --server-rule exec:FILE`: what becomes of a round's updates.

    from federated import rule

    def average(round):
        return round.mean()

    rule.serve(average)
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy

from .errors import FederatedError

# Parameters that are averaged at once: so many of each client's fit into a core's cache.
BLOCK = 1 << 15
STATE = "state."


class RuleError(FederatedError):
    """What a rule returned is no model."""


@dataclass
class Round:
    """A round: all that is known when its clients have reported. Vectors have the model's P parameters, its
    tensors one behind the other, in Keras's layout; they are mapped from a file, can't be written to, and are another
    round's when the rule has returned: what is to be kept is copied, or returned as state.

    number      the round, from 1
    population  how many clients there are
    seed        of the run
    clients     [n], the ids of those who sent an update, ascending
    samples     [n], what each trained on
    weights     [n], how much each counts: its samples, unless the run says otherwise
    model       [P], the global model that they began with
    updates     [n, P], the models that they sent
    state       what the rule has kept in the round before, by name, each [P]; also after a kill and a resume
    layout      the tensors, (name, shape) each
    """

    number: int
    population: int
    seed: int
    clients: numpy.ndarray
    samples: numpy.ndarray
    weights: numpy.ndarray
    model: numpy.ndarray
    updates: numpy.ndarray
    state: dict[str, numpy.ndarray]
    layout: list[tuple[str, tuple[int, ...]]]

    def mean(self, weights: Any = None) -> numpy.ndarray:
        """The updates' mean by their weights, [P], float32, summed in float64."""
        weights = numpy.asarray(self.weights if weights is None else weights, numpy.float64)
        share = weights / weights.sum()
        result = numpy.empty(self.model.size, numpy.float32)
        for start in range(0, result.size, BLOCK):
            part = slice(start, start + BLOCK)
            result[part] = share @ self.updates[:, part].astype(numpy.float64)
        return result

    def arrays(self, vector: numpy.ndarray) -> list[numpy.ndarray]:
        """A vector's tensors, in layer order and Keras's layout."""
        result, at = [], 0
        for _, shape in self.layout:
            size = int(numpy.prod(shape))
            result.append(numpy.asarray(vector)[at : at + size].reshape(shape))
            at += size
        return result


@dataclass
class Next:
    """What a rule makes of a round, where it is more than the model.

    model    [P], or a list of its tensors
    state    what to keep for the next round, by name, each like the model
    metrics  numbers that the round's record, its log and its page show
    """

    model: Any
    state: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def serve(rule: Callable[[Round], Any]) -> None:
    """Answers `federated` until the run is over: `rule` gets each round as a `Round`, and returns the next
    model, as a vector [P] or a list of arrays, or a `Next`. An exception ends the run, and the round is not
    committed."""
    requests, answers, rounds = sys.stdin, sys.stdout, Rounds()
    # What the rule prints is for people, and no answer.
    sys.stdout = sys.stderr
    _say(answers, {"ready": True})
    for line in requests:
        request = json.loads(line)
        round = rounds.read(request["updates"])
        made = rule(round)
        if not isinstance(made, Next):
            made = Next(made)
        write_next(request["next"], round, made)
        _say(answers, {"done": request["round"], "metrics": {
            str(name): float(value) for name, value in made.metrics.items()}})


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


class Rounds:
    """The file of rounds, which is mapped once for all that are of one size."""

    def __init__(self) -> None:
        self._known: tuple[int, ...] = ()
        self._bytes = numpy.empty(0, numpy.uint8)

    def read(self, path: str) -> Round:
        """The round that `federated` has written to a file."""
        about = os.stat(path)
        known = (about.st_dev, about.st_ino, about.st_size)
        if known != self._known:
            self._bytes = numpy.asarray(numpy.memmap(path, numpy.uint8, "r"))
            self._known = known
        return parse_round(self._bytes)


def parse_round(data: numpy.ndarray) -> Round:
    """The round of a file's bytes."""
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    body = data[8 + length:]
    header = json.loads(data[8 : 8 + length].tobytes())
    about = header.pop("__metadata__")
    tensors = {}
    for name, tensor in header.items():
        start, end = tensor["data_offsets"]
        kind = {"F32": "<f4", "I64": "<i8"}[tensor["dtype"]]
        tensors[name] = body[start:end].view(kind).reshape(tensor["shape"])
    return Round(
        number=int(about["round"]), population=int(about["population"]), seed=int(about["seed"]),
        clients=tensors["clients"], samples=tensors["samples"], weights=tensors["weights"],
        model=tensors["model"], updates=tensors["updates"],
        state={name[len(STATE):]: tensor for name, tensor in tensors.items() if name.startswith(STATE)},
        layout=[(name, tuple(shape)) for name, shape in json.loads(about["layout"])])


def write_next(path: str, round: Round, made: Next) -> None:
    """Writes what a rule made, float32, to a file that `federated` reads."""
    vectors = {"model": _vector(made.model, round, "the model")}
    for name, value in made.state.items():
        vectors[STATE + str(name)] = _vector(value, round, f"the state {name!r}")
    header, at = {}, 0
    for name, vector in vectors.items():
        header[name] = {"dtype": "F32", "shape": [vector.size], "data_offsets": [at, at + vector.nbytes]}
        at += vector.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for vector in vectors.values():
            file.write(vector.data)


def _vector(value: Any, round: Round, what: str) -> numpy.ndarray:
    count = round.model.size
    if value is None:
        raise RuleError(f"the rule returned nothing for {what}: expected {count} numbers")
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        shapes = [shape for _, shape in round.layout]
        arrays = [numpy.asarray(array) for array in value]
        if [array.shape for array in arrays] != shapes:
            raise RuleError(f"the rule returned arrays of the shapes {[array.shape for array in arrays]} "
                            f"for {what}: expected {shapes}")
        value = numpy.concatenate([array.ravel() for array in arrays])
    array = numpy.asarray(value)
    if array.dtype.kind not in "fiub":
        raise RuleError(f"the rule returned {type(value).__name__} for {what}: expected {count} numbers")
    if array.shape != (count,):
        raise RuleError(f"the rule returned the shape {array.shape} for {what}: expected ({count},)")
    with numpy.errstate(over="ignore"):
        return numpy.ascontiguousarray(array, "<f4")
