"""A run's log as data frames."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas

from . import keys
from .errors import LogError
from .program import ask_program
from .spelling import spelled_log


@dataclass(frozen=True, eq=False)
class Run:
    """A run: what its log says, as data frames.

    `rounds` has a row a round, `clients` one for each client and round, `class_counts` one for each client
    and round with a column a class; `settings` is a series. All three frames begin with the run's name, so
    that those of several concatenate."""

    name: str
    settings: pandas.Series
    rounds: pandas.DataFrame
    clients: pandas.DataFrame
    class_counts: pandas.DataFrame
    outcome: str
    log: dict[str, Any] = field(repr=False)
    path: Path | None = None
    store: str | None = None

    @property
    def score(self) -> str:
        """What `accuracy` is: "accuracy", or "R²" where numbers are predicted."""
        return self.log.get(keys.SCORE, "accuracy")

    @property
    def accuracy(self) -> float:
        """Of the last round that was tested."""
        known = self.rounds["accuracy"].dropna()
        return float(known.iloc[-1]) if len(known) else math.nan

    def __repr__(self) -> str:
        return (f"<federated.Run {self.name}: {self.outcome}, {len(self.rounds)} of "
                f"{self.log[keys.ROUND_COUNT]} rounds, {self.score} {self.accuracy:.4f}>")


def read(source: str | os.PathLike | Run, store: str | os.PathLike | None = None) -> Run | list[Run]:
    """Reads a run: the path of a log, a run's name in a store (or its beginning, or "last"); or all runs
    of a store, whose file ends in .sqlite."""
    if isinstance(source, Run):
        return source
    if not isinstance(source, (str, os.PathLike)):
        raise LogError(f"the run is {source!r}: expected the path of a log, or a run's name in a store")
    text = os.fspath(source)
    if store is None and text.endswith(".sqlite"):
        from .store import runs
        return [read(name, store=text) for name in runs(text)["run"]]
    path = Path(text)
    if store is None and (path.is_file() or path.suffix == ".json"):
        return from_log(_load(path), path.stem, path)
    if store is None and path.is_dir():
        raise LogError(f"{text!r} is a folder: expected a log, or a run's name; federated.runs({text!r}) has "
                       "its runs")
    where = os.fspath(store) if store is not None else os.path.join("Logs", "federated.sqlite")
    if not os.path.isfile(where):
        raise LogError(f"{text!r} is no file, and there is no store {where!r} to look for a run of "
                       "that name in: say store=…")
    found = ask_program("export", text, "--store", where)
    log = _parse(found, f"the run {text!r} of {where}")
    name = text
    if text == "last" or not _is_whole_name(text):
        name = _stored_name(text, where)
    return from_log(log, name, None, where)


def _is_whole_name(text: str) -> bool:
    return len(text) >= 15 and text[:8].isdecimal()


def _stored_name(text: str, where: str) -> str:
    from .store import runs

    names = list(runs(where)["run"])
    if text == "last":
        return names[-1] if names else text
    return next((name for name in names if name.startswith(text)), text)


def _load(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LogError(f"{path}: {error.strerror}") from error
    return _parse(content, str(path))


def _parse(content: bytes, place: str) -> dict[str, Any]:
    try:
        log = json.loads(content)
    except UnicodeDecodeError as error:
        raise LogError(f"{place} is no log: it is no text in UTF-8") from error
    except RecursionError as error:
        raise LogError(f"{place} is no log: its lists are nested too deeply") from error
    except ValueError as error:
        raise LogError(
            f"{place} is no whole log ({error}): a run that was cut off is in its store: "
            "federated.runs(store)") from error
    if not isinstance(log, dict):
        raise LogError(f"{place} is no log: expected an object")
    missing = [key for key in keys.REQUIRED if key not in log]
    if missing:
        raise LogError(f"{place} is no log that this version reads: it has no "
                       + ", ".join(map(repr, missing)))
    for key, kind, words in FORMS:
        if not isinstance(log[key], kind) or isinstance(log[key], bool):
            raise LogError(f"{place} is no log that this version reads: {key!r} is no {words}{_hint(log)}")
    return spelled_log(log)


# What a log's parts must be for any of it to be meant as it is read.
FORMS = [(keys.CLIENT_COUNT, int, "whole number"), (keys.ROUND_COUNT, int, "whole number"),
         (keys.CLIENTS_ACCURACY, dict, "object by client"), (keys.SERVER_ACCURACY, list, "list by round")]


def _hint(log: dict[str, Any]) -> str:
    from . import __version__

    own = log.get(keys.VERSION, __version__)
    return "" if own == __version__ else f" (federated {own} wrote it, this module is {__version__})"


def from_log(log: dict[str, Any], name: str, path: Path | None, store: str | None = None) -> Run:
    """The frames of a log's content."""
    place = str(path or name)
    try:
        return Run(
            name=name, settings=_settings(log), rounds=_rounds(log, name),
            clients=_clients(log, name), class_counts=_class_counts(log, name),
            outcome=str(log.get(keys.OUTCOME, "completed")), log=log, path=path, store=store)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise LogError(f"{place} is no log that this version reads: {error}{_hint(log)}") from error


def _settings(log: dict[str, Any]) -> pandas.Series:
    own = {"experiment": log[keys.EXPERIMENT], "clients": log[keys.CLIENT_COUNT],
           "rounds": log[keys.ROUND_COUNT]}
    own |= log.get(keys.CONFIGURATION) or {}
    return pandas.Series(own, dtype=object, name="settings")


def _rounds(log: dict[str, Any], name: str) -> pandas.DataFrame:
    accuracy = log[keys.SERVER_ACCURACY]
    count = len(accuracy)

    def column(values: Any) -> pandas.Series:
        values = list(values or [])[:count]
        return pandas.Series(values + [None] * (count - len(values)), dtype=float)

    frame = pandas.DataFrame({"run": [name] * count, "round": range(1, count + 1)})
    frame["accuracy"] = column(accuracy)
    frame["loss"] = column(log.get(keys.SERVER_LOSS))
    frame["seconds"] = column((log.get(keys.TIMINGS) or {}).get(keys.ROUND_SECONDS))
    for metric, values in (log.get(keys.ROUND_METRICS) or {}).items():
        frame[metric] = column(values)
    return frame


def _first_client(log: dict[str, Any]) -> int:
    said = log.get(keys.FIRST_CLIENT)
    if said is not None:
        return int(said)
    has_zero = "0" in log[keys.CLIENTS_ACCURACY]
    return 1 if keys.VERSION in log and not has_zero else 0


def _parts(log: dict[str, Any]) -> list[tuple[int, int, Any, Any, Any, Any]]:
    """Client, round, accuracy, loss, samples and class counts of each part that a client had in a round."""
    first = _first_client(log)
    result = []
    if keys.CLIENTS_ROUNDS in log:
        for client, own in log[keys.CLIENTS_ROUNDS].items():
            numbers = own[keys.PART_ROUNDS]
            lists = [own.get(key) or [None] * len(numbers) for key in (
                keys.PART_ACCURACY, keys.PART_LOSS, keys.PART_SAMPLES, keys.PART_COUNTS)]
            result += [(int(client) - first, *row) for row in zip(numbers, *lists, strict=True)]
        return result
    lists = [log.get(key) or {} for key in (
        keys.CLIENTS_ACCURACY, keys.CLIENTS_LOSS, keys.CLIENTS_SAMPLES, keys.CLIENTS_COUNTS)]
    for client in dict.fromkeys(client for one in lists for client in one):
        own = [one.get(client) or [] for one in lists]
        for index in range(max(map(len, own))):
            values = [one[index] if index < len(one) else None for one in own]
            if values[0] is not None or values[1] is not None or values[2]:
                result.append((int(client) - first, index + 1, *values))
    return result


def _clients(log: dict[str, Any], name: str) -> pandas.DataFrame:
    parts = sorted(_parts(log), key=lambda part: (part[1], part[0]))
    frame = pandas.DataFrame([(name, *part[:5]) for part in parts],
                             columns=["run", "client", "round", "accuracy", "loss", "samples"])
    return frame.astype({"client": "int64", "round": "int64", "accuracy": float, "loss": float,
                         "samples": "Int64"})


def _class_counts(log: dict[str, Any], name: str) -> pandas.DataFrame:
    parts = sorted(((part[1], part[0], part[5]) for part in _parts(log) if part[5]),
                   key=lambda part: part[:2])
    classes = max((len(counts) for _, _, counts in parts), default=0)
    names = log.get(keys.CLASS_NAMES) or []
    labels = [names[label] if label < len(names) else label for label in range(classes)]
    rows = [(name, client, number, *counts, *[0] * (classes - len(counts)))
            for number, client, counts in parts]
    return pandas.DataFrame(rows, columns=["run", "client", "round", *labels])
