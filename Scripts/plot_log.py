"""Reads the logs of federated runs, and says what is wrong with one that cannot be drawn."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plot_style import LogError


@dataclass(frozen=True)
class Log:
    """What a picture needs of a run's log."""

    path: Path
    experiment: int
    max_round: int
    client_number: int
    server_accuracy: list[float]
    clients_accuracy: dict[str, list[float]]
    # By client: one list of counts per round, None where a client had no part in a round.
    class_counts: dict[str, list[list[int] | None]] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    # By round; None where a log does not tell.
    round_seconds: list[float] | None = None

    @property
    def rounds_done(self) -> int:
        return len(self.server_accuracy)

    @property
    def has_cohorts(self) -> bool:
        """Whether most clients have no accuracy in most rounds, as where few are chosen for each."""
        numbers = [a for accuracies in self.clients_accuracy.values() for a in accuracies]
        return len(self.clients_accuracy) > 5 and (
            sum(map(math.isfinite, numbers)) < len(numbers) / 2)

    def places(self, over: str) -> list[float]:
        """Where each round ends on the axis: its number, or the seconds until then."""
        if over == "rounds":
            return [float(number) for number in range(1, self.rounds_done + 1)]
        if self.round_seconds is None:
            raise LogError(f"{self.path}: its 'timings' have no 'round seconds', which "
                           "--over seconds needs")
        return list(itertools.accumulate(self.round_seconds))


# MARK: Reading


def in_client_order(clients: dict[str, Any]) -> list[str]:
    """Client 10 after client 9, names that are no numbers last."""
    return sorted(clients, key=lambda c: (0, int(c), "") if c.isdecimal() else (1, 0, c))


def first_client(log: dict[str, Any]) -> int:
    """What the log counts clients from, as RunLog (Sources/Federation/Log) tells it: 'client ids from'
    says it; without that, an earlier version's log counts from 1, and other programs' from 0."""
    said = log.get("client ids from")
    if said is not None:
        if isinstance(said, bool) or said not in (0, 1):
            raise LogError(f"'client ids from' is {shortened(said)}: expected 0 or 1")
        return int(said)
    has_zero = any(isinstance(log.get(key), dict) and "0" in log[key]
                   for key in ("clients acc", "clients class counts"))
    return 1 if "version" in log and not has_zero else 0


def by_id(clients: dict[str, Any], first: int) -> dict[str, Any]:
    """The same by the ids from 0."""
    return {str(int(c) - first) if c.isdecimal() else c: value for c, value in clients.items()}


def read_integer(log: dict[str, Any], key: str) -> int:
    value = log[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise LogError(f"'{key}' is {shortened(value)}: expected an integer")
    return value


def read_accuracies(value: Any, place: str) -> list[float]:
    """A list of fractions; null, for a round without a test or a number that is not finite, is NaN."""
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of accuracies")
    result = []
    for index, item in enumerate(value):
        if item is None or (isinstance(item, float) and math.isnan(item)):
            result.append(math.nan)
        elif isinstance(item, bool) or not isinstance(item, (int, float)) or not 0 <= item <= 1:
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(item)}: expected a fraction from 0 to 1"
            )
        else:
            result.append(float(item))
    return result


def read_counts(value: Any, place: str) -> list[list[int] | None]:
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of rounds")
    for index, counts in enumerate(value):
        if counts is None:
            continue
        if not isinstance(counts, list) or not all(
            isinstance(c, int) and not isinstance(c, bool) and c >= 0 for c in counts
        ):
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(counts)}: expected a list of counts"
            )
    return value


def read_round_seconds(timings: dict[str, Any], rounds: int) -> list[float] | None:
    seconds = timings.get("round seconds")
    if seconds is None:
        return None
    place = "'round seconds' of 'timings'"
    if not isinstance(seconds, list) or len(seconds) != rounds:
        raise LogError(f"{place} is {shortened(seconds)}: expected one number for each of the "
                       f"{rounds} rounds")
    for index, value in enumerate(seconds):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (
                0 <= value < math.inf):
            raise LogError(f"{place}, round {index + 1}, is {shortened(value)}: expected seconds")
    return [float(value) for value in seconds]


def read_object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LogError(f"{place} is {shortened(value)}: expected an object")
    return value


def shortened(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:39] + "…"


def load_json(path: Path) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as error:
        raise LogError(error.strerror or str(error)) from error
    except json.JSONDecodeError as error:
        raise LogError(
            f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise LogError("not JSON") from error
    return read_object(value, "the log")


def parse_log(path: Path, log: dict[str, Any]) -> Log:
    required = ["client number", "experiment", "max round", "clients acc", "server acc"]
    missing = [key for key in required if key not in log]
    if missing:
        raise LogError("not a run's log: it has no " + ", ".join(f"'{key}'" for key in missing))
    first = first_client(log)
    clients = by_id(read_object(log["clients acc"], "'clients acc'"), first)
    counts = by_id(
        read_object(log.get("clients class counts") or {}, "'clients class counts'"), first)
    server = read_accuracies(log["server acc"], "'server acc'")
    if not server:
        raise LogError("no round of it was finished, so there is nothing to draw")
    outcome = log.get("outcome")
    return Log(
        path=path,
        experiment=read_integer(log, "experiment"),
        max_round=read_integer(log, "max round"),
        client_number=read_integer(log, "client number"),
        server_accuracy=server,
        clients_accuracy={
            c: read_accuracies(clients[c], f"'clients acc' of client {c}")
            for c in in_client_order(clients)
        },
        class_counts={
            c: read_counts(counts[c], f"'clients class counts' of client {c}")
            for c in in_client_order(counts)
        },
        configuration=read_object(log.get("configuration") or {}, "'configuration'"),
        outcome=re.sub(r"\bclient ([1-9][0-9]*)\b", lambda m: f"client {int(m[1]) - first}", outcome)
        if isinstance(outcome, str) else "",
        round_seconds=read_round_seconds(
            read_object(log.get("timings") or {}, "'timings'"), len(server)),
    )


def load_log(path: Path) -> Log:
    try:
        return parse_log(path, load_json(path))
    except LogError as error:
        raise LogError(f"{path}: {error}") from error
