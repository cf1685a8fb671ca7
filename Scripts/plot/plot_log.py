"""Reads the logs of federated runs, and says what is wrong with one that cannot be drawn."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plot_keys import spelled_log
from plot_rounds import PartsOnly, known_values
from plot_style import LogError


@dataclass(frozen=True)
class Log:
    """What a picture needs of a run's log."""

    path: Path
    experiment: int
    max_round: int
    client_number: int
    server_accuracy: list[float]
    # By client and round; NaN where it has none.
    clients_accuracy: dict[str, list[float] | PartsOnly]
    # By client: one list of counts per round, None where a client had no part in a round.
    class_counts: dict[str, list[list[int] | None] | PartsOnly] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    # By round; None where a log does not tell.
    round_seconds: list[float] | None = None
    # What the accuracies are: "accuracy", or "R²" where numbers are predicted.
    score: str = "accuracy"
    # Of the last test, [true][predicted]; empty where a log does not tell.
    confusion: list[list[int]] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    # As the accuracies; empty where a log does not tell.
    server_loss: list[float] = field(default_factory=list)
    clients_loss: dict[str, list[float] | PartsOnly] = field(default_factory=dict)

    def server_values(self, measure: str) -> list[float]:
        """The server's loss, or its accuracies by whatever name, by round."""
        return self.server_loss if measure == "loss" else self.server_accuracy

    def clients_values(self, measure: str) -> dict[str, list[float] | PartsOnly]:
        """The same of each client."""
        return self.clients_loss if measure == "loss" else self.clients_accuracy

    @property
    def has_loss(self) -> bool:
        """Whether the server's loss is known of any round."""
        return any(map(math.isfinite, self.server_loss))

    @property
    def rounds_done(self) -> int:
        return len(self.server_accuracy)

    @property
    def has_cohorts(self) -> bool:
        """Whether most clients have no accuracy in most rounds, as where few are chosen for each."""
        places = sum(map(len, self.clients_accuracy.values()))
        numbers = sum(math.isfinite(a) for accuracies in self.clients_accuracy.values()
                      for _, a in known_values(accuracies))
        return len(self.clients_accuracy) > 5 and numbers < places / 2

    def places(self, over: str) -> list[float]:
        """Where each round ends on the axis: its number, or the seconds until then."""
        if over == "rounds":
            return [float(number) for number in range(1, self.rounds_done + 1)]
        if self.round_seconds is None:
            raise LogError(f"{self.path}: its 'timings' have no 'round_seconds', which "
                           "--over seconds needs")
        return list(itertools.accumulate(self.round_seconds))


# MARK: Reading


# No number of a log has more digits; a float takes as many.
DIGITS = 300
# What a list of counts may have at most: images there can be.
LARGEST_COUNT = 2**53
# A loss beyond it has run away, and could not be drawn beside others.
LARGEST_LOSS = 1e30


def in_client_order(clients: dict[str, Any]) -> list[str]:
    """Client 10 after client 9, names that are no numbers last."""
    def key(name: str) -> tuple[int, int, str]:
        is_number = name.isdecimal() and len(name) <= DIGITS
        return (0, int(name), "") if is_number else (1, 0, name)
    return sorted(clients, key=key)


def first_client(log: dict[str, Any]) -> int:
    """What the log counts clients from, as RunLog (Sources/Federation/Log) tells it: 'client_ids_from'
    says it; without that, an earlier version's log counts from 1, and other programs' from 0."""
    said = log.get("client_ids_from")
    if said is not None:
        if isinstance(said, bool) or said not in (0, 1):
            raise LogError(f"'client_ids_from' is {shortened(said)}: expected 0 or 1")
        return int(said)
    has_zero = any(isinstance(log.get(key), dict) and "0" in log[key]
                   for key in ("clients acc", "clients_class_counts"))
    return 1 if "version" in log and not has_zero else 0


def by_id(clients: dict[str, Any], first: int) -> dict[str, Any]:
    """The same by the ids from 0."""
    return {str(int(c) - first) if c.isdecimal() and len(c) <= DIGITS else c: value
            for c, value in clients.items()}


def read_integer(log: dict[str, Any], key: str) -> int:
    value = log[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise LogError(f"'{key}' is {shortened(value)}: expected an integer")
    return value


def read_accuracies(value: Any, place: str, low: float = 0) -> list[float]:
    """A list of fractions, or of R², which may be below 0; null, for a round without a test or a number that is not finite, is NaN."""
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of accuracies")
    result = []
    for index, item in enumerate(value):
        if item is None or (isinstance(item, float) and math.isnan(item)):
            result.append(math.nan)
        elif isinstance(item, bool) or not isinstance(item, (int, float)) or not low <= item <= 1:
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(item)}: expected "
                + ("a fraction from 0 to 1" if low == 0 else "a number of at most 1")
            )
        else:
            result.append(float(item))
    return result


def read_losses(value: Any, place: str) -> list[float]:
    """A list of losses; null, for a round without a test or a number that is not finite, is NaN."""
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of losses")
    result = []
    for index, item in enumerate(value):
        if item is not None and (isinstance(item, bool) or not isinstance(item, (int, float))):
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(item)}: expected a number")
        known = item is not None and abs(item) <= LARGEST_LOSS
        result.append(float(item) if known else math.nan)
    return result


def read_counts(value: Any, place: str) -> list[list[int] | None]:
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of rounds")
    for index, counts in enumerate(value):
        if counts is None:
            continue
        if not isinstance(counts, list) or not all(
            isinstance(c, int) and not isinstance(c, bool) and 0 <= c <= LARGEST_COUNT
            for c in counts
        ):
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(counts)}: expected a list of counts"
            )
    return value


def read_parts(
    value: Any, rounds: int, low: float = 0
) -> tuple[dict[str, PartsOnly], dict[str, PartsOnly], dict[str, PartsOnly]]:
    """Accuracies, losses and class counts of a log that has, for each client, only the rounds with a part
    of its."""
    accuracies: dict[str, PartsOnly] = {}
    losses: dict[str, PartsOnly] = {}
    counts: dict[str, PartsOnly] = {}
    clients = read_object(value, "'clients_rounds'")
    for client in in_client_order(clients):
        place = f"'clients_rounds' of client {client}"
        member = read_object(clients[client], place)
        numbers = member.get("rounds")
        if not isinstance(numbers, list) or not all(
            isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= rounds for n in numbers
        ):
            raise LogError(f"'rounds' in {place} is {shortened(numbers)}: expected a list of rounds "
                           f"from 1 to {rounds}")
        nothing = [None] * len(numbers)
        found = (read_accuracies(member.get("acc", nothing), f"'acc' in {place}", low),
                 read_losses(member.get("loss", nothing), f"'loss' in {place}"),
                 read_counts(member.get("class_counts", nothing), f"'class_counts' in {place}"))
        if any(len(values) != len(numbers) for values in found):
            raise LogError(f"{place} is {shortened(member)}: expected lists as long as its 'rounds'")
        places = [number - 1 for number in numbers]
        accuracies[client] = PartsOnly(rounds, dict(zip(places, found[0])), math.nan)
        losses[client] = PartsOnly(rounds, dict(zip(places, found[1])), math.nan)
        counts[client] = PartsOnly(rounds, dict(zip(places, found[2])), None)
    return accuracies, losses, counts


def read_confusion(value: Any) -> list[list[int]]:
    place = "'confusion_matrix'"
    if value is None:
        return []
    rows = read_counts(value, place)
    if not rows or any(row is None or len(row) != len(rows) for row in rows):
        raise LogError(f"{place} is {shortened(value)}: expected as many lists of as many counts")
    return [row for row in rows if row is not None]


def read_names(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise LogError(f"'class_names' is {shortened(value)}: expected a list of texts")
    return [str(printable(name)) for name in value]


def read_score(value: Any) -> str:
    if value not in ("accuracy", "R²"):
        raise LogError(f"'score' is {shortened(value)}: expected accuracy or R²")
    return str(value)


def read_round_seconds(timings: dict[str, Any], rounds: int) -> list[float] | None:
    seconds = timings.get("round_seconds")
    if seconds is None:
        return None
    place = "'round_seconds' of 'timings'"
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


def whole_number(digits: str) -> int:
    """Python refuses to read one of over 4,300 digits, and a float cannot hold one of over 308."""
    if len(digits) > DIGITS:
        raise LogError(f"a whole number of {len(digits):,} digits is in it, {digits[:20]}…: "
                       f"expected at most {DIGITS}")
    return int(digits)


def read_json(path: Path) -> Any:
    """What is in a JSON file, with or without the mark of its byte order that some editors write."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file, parse_int=whole_number)
    except OSError as error:
        raise LogError(error.strerror or str(error)) from error
    except json.JSONDecodeError as error:
        raise LogError(
            f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except UnicodeDecodeError as error:
        raise LogError("not JSON: it is no text in UTF-8") from error
    except RecursionError as error:
        raise LogError("not JSON: its lists are nested too deeply") from error


def printable(value: Any) -> Any:
    """A value whose texts can be drawn: others' logs may hold control characters and half characters."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else "\ufffd" for c in value)
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    return value


def load_json(path: Path) -> dict[str, Any]:
    return read_object(read_json(path), "the log")


def parse_log(path: Path, log: dict[str, Any]) -> Log:
    required = ["client number", "experiment", "max round", "clients acc", "server acc"]
    missing = [key for key in required if key not in log]
    if missing:
        raise LogError("not a run's log: it has no " + ", ".join(f"'{key}'" for key in missing))
    log = spelled_log(log)
    first = first_client(log)
    clients = by_id(read_object(printable(log["clients acc"]), "'clients acc'"), first)
    counts = by_id(
        read_object(printable(log.get("clients_class_counts") or {}), "'clients_class_counts'"),
        first)
    score = read_score(log.get("score", "accuracy"))
    low = 0 if score == "accuracy" else -math.inf
    server = read_accuracies(log["server acc"], "'server acc'", low)
    if not server:
        raise LogError("no round of it was finished, so there is nothing to draw")
    outcome = log.get("outcome")
    accuracies: dict[str, Any] = {
        c: read_accuracies(clients[c], f"'clients acc' of client {c}", low)
        for c in in_client_order(clients)
    }
    class_counts: dict[str, Any] = {
        c: read_counts(counts[c], f"'clients_class_counts' of client {c}")
        for c in in_client_order(counts)
    }
    losses: dict[str, Any] = by_id(
        read_object(printable(log.get("clients_loss") or {}), "'clients_loss'"), first)
    losses = {
        c: read_losses(losses[c], f"'clients_loss' of client {c}")
        for c in in_client_order(losses)
    }
    if "clients_rounds" in log:
        accuracies, losses, class_counts = read_parts(log["clients_rounds"], len(server), low)
    return Log(
        path=path,
        experiment=read_integer(log, "experiment"),
        max_round=read_integer(log, "max round"),
        client_number=read_integer(log, "client number"),
        server_accuracy=server,
        clients_accuracy=accuracies,
        class_counts=class_counts,
        configuration=printable(read_object(log.get("configuration") or {}, "'configuration'")),
        outcome=re.sub(r"\bclient ([1-9][0-9]{0,17})\b", lambda m: f"client {int(m[1]) - first}",
                       printable(outcome)) if isinstance(outcome, str) else "",
        round_seconds=read_round_seconds(
            read_object(log.get("timings") or {}, "'timings'"), len(server)),
        score=score,
        confusion=read_confusion(log.get("confusion_matrix")),
        class_names=read_names(log.get("class_names")),
        server_loss=read_losses(log.get("server_loss") or [], "'server_loss'"),
        clients_loss=losses,
    )


def load_log(path: Path) -> Log:
    try:
        return parse_log(path, load_json(path))
    except LogError as error:
        raise LogError(f"{path}: {error}") from error
