"""The clients' lines: those that matter by their names, the others in grey or as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plot_log import Log
from plot_rounds import known_values
from plot_style import Theme
from plot_words import counted, score_words

# Clients up to which each one without a name has a line, too.
LINES = 20


@dataclass(frozen=True)
class Named:
    """A client that the legend names, and why."""

    client: str
    roles: tuple[str, ...]
    colour: str
    last: float
    size: int | None = None

    def words(self, score: str) -> str:
        """"worst, smallest: client 3 (25 samples), 64.30%"."""
        size = f" ({counted(f'{self.size:,}', 'sample')})" if "smallest" in self.roles else ""
        roles = f"{', '.join(self.roles)}: " if self.roles else ""
        return f"{roles}client {self.client}{size}, {score_words(self.last, score)}"


def last_known(values: Sequence[float]) -> float:
    finite = [value for _, value in known_values(values) if math.isfinite(value)]
    return finite[-1] if finite else math.nan


def size_of(log: Log, client: str) -> int | None:
    """Its samples in the last round that has some."""
    sizes = [sum(counts) for _, counts in known_values(log.class_counts.get(client, [])) if counts]
    return sizes[-1] if sizes else None


def named_clients(log: Log, theme: Theme) -> list[Named]:
    """The worst, the best and the smallest of clients that take part in every round. Of one client that one;
    nobody where all end alike, or none was tested."""
    last = {client: last_known(values) for client, values in log.clients_accuracy.items()}
    last = {client: value for client, value in last.items() if math.isfinite(value)}
    if log.has_cohorts or not last:
        return []
    if len(log.clients_accuracy) == 1:
        (client, value), = last.items()
        return [Named(client, (), theme.curves[1], value)]
    roles: dict[str, list[str]] = {}
    if min(last.values()) < max(last.values()):
        roles.setdefault(min(last, key=lambda c: last[c]), []).append("worst")
        roles.setdefault(max(last, key=lambda c: last[c]), []).append("best")
    sizes = {client: size_of(log, client) for client in last}
    known = {client: size for client, size in sizes.items() if size is not None}
    if len(set(known.values())) > 1:
        roles.setdefault(min(known, key=lambda c: known[c]), []).append("smallest")
    colours = {"worst": theme.curves[1], "best": theme.curves[2], "smallest": theme.curves[3]}
    return [Named(client, tuple(own), colours[own[0]], last[client], sizes[client])
            for client, own in roles.items()]


def lies_on(line: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    """Whether a line is no further from another than the eye can tell."""
    values = dict(other)
    return all(abs(value - values.get(place, math.inf)) < 1e-4 for place, value in line)


def points(log: Log, client: str, over: str, measure: str) -> list[tuple[float, float]]:
    values = log.clients_values(measure).get(client, [])
    places = log.places(over)
    return [(places[index], value) for index, value in known_values(values)
            if index < len(places) and math.isfinite(value)]


def is_on_server(log: Log, client: str, over: str, measure: str) -> bool:
    line = points(log, client, over, measure)
    return bool(line) and lies_on(line, list(zip(log.places(over), log.server_values(measure))))


def by_round(log: Log, measure: str) -> list[list[float]]:
    """The clients' values of each round."""
    rounds: list[list[float]] = [[] for _ in range(log.rounds_done)]
    for values in log.clients_values(measure).values():
        for index, value in known_values(values):
            if index < log.rounds_done and math.isfinite(value):
                rounds[index].append(value)
    return rounds


def draw_band(axes: Any, log: Log, over: str, theme: Theme, measure: str) -> None:
    """From the lowest to the highest of each round, the middle half darker."""
    tested = [(place, sorted(values))
              for place, values in zip(log.places(over), by_round(log, measure)) if values]
    shown = [place for place, _ in tested]
    halves = [(0.0, 1.0, 0.30)] if log.has_cohorts else [(0.0, 1.0, 0.25), (0.25, 0.75, 0.35)]
    for low, high, alpha in halves:
        lows, highs = ([values[round(part * (len(values) - 1))] for _, values in tested]
                       for part in (low, high))
        if len(tested) == 1:
            axes.vlines(shown, lows, highs, color=theme.clients, linewidth=5, alpha=0.45, zorder=2)
        axes.fill_between(shown, lows, highs, color=theme.clients, alpha=alpha, linewidth=0,
                          zorder=2)


def draw_clients(
    axes: Any, log: Log, named: list[Named], over: str, theme: Theme, measure: str = "accuracy"
) -> None:
    """Lines and band of one measure."""
    clients = log.clients_values(measure)
    colours = {one.client: one.colour for one in named}
    shown = list(clients)
    if log.has_cohorts or len(clients) > LINES:
        draw_band(axes, log, over, theme, measure)
        shown = list(colours)
    for client in shown:
        line = points(log, client, over, measure)
        # A line that the server's would cover, as a lone client's, lies upon it.
        is_above = is_on_server(log, client, over, measure)
        other = theme.background if is_above else theme.clients
        axes.plot([place for place, _ in line], [value for _, value in line],
                  color=colours.get(client, other), linewidth=1.6 if client in colours else 1,
                  marker="o", markersize=3, alpha=1 if client in colours else 0.85,
                  zorder=4 if is_above or client in colours else 2)


def cohort_words(log: Log) -> str:
    """What the legend says of a band of cohorts: whose its ends were when last tested."""
    words = (f"{counted(f'{len(log.clients_accuracy):,}', 'client')} that took part: lowest to "
             "highest of each round")
    tested = [number for number, values in enumerate(by_round(log, "accuracy")) if values]
    if not tested:
        return ""
    number = tested[-1]
    last = {client: values[number] for client, values in log.clients_accuracy.items()
            if number < len(values) and math.isfinite(values[number])}
    low, high = min(last, key=lambda c: last[c]), max(last, key=lambda c: last[c])
    if last[low] == last[high]:
        return words
    return (f"{words}; in round {number + 1} client {low} {score_words(last[low], log.score)}, "
            f"client {high} {score_words(last[high], log.score)}")


def legend_entries(log: Log, named: list[Named], over: str, theme: Theme) -> list[tuple[Any, str]]:
    """The clients' part of a legend: a handle and its words each."""
    from matplotlib import patheffects
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def line(colour: str, width: float = 1.6) -> Any:
        return Line2D([], [], color=colour, linewidth=width, marker="o", markersize=3)

    band = Patch(color=theme.clients, alpha=0.5, linewidth=0)
    clients = log.clients_accuracy
    if log.has_cohorts:
        words = cohort_words(log)
        return [(band, words)] if words else []
    entries = [
        (line(one.colour), one.words(log.score) + (
            ", the same as the server" if is_on_server(log, one.client, over, "accuracy") else ""))
        for one in named
    ]
    own = {one.client for one in named}
    others = [last_known(values) for client, values in clients.items() if client not in own]
    others = [value for value in others if math.isfinite(value)]
    if not others:
        return entries
    if len(clients) > LINES:
        return entries + [(band, f"{len(clients):,} clients: lowest to highest, the middle half darker")]
    low, high = score_words(min(others), log.score), score_words(max(others), log.score)
    spread = f"all {low}" if low == high and not named else low if low == high else f"{low} to {high}"
    kind = "other client" if named else "client"
    hidden = sum(is_on_server(log, client, over, "accuracy") for client in clients
                 if client not in own)
    same = ", the same as the server" if hidden == len(others) else f", {hidden} as the server"
    handle = line(theme.clients, 1)
    if hidden == len(others):  # as it looks there: with the server's line below it
        handle = line(theme.background, 1)
        handle.set_path_effects([patheffects.Stroke(linewidth=4, foreground=theme.server),
                                 patheffects.Normal()])
    return entries + [(handle,
                       f"{counted(len(others), kind)}: {spread}{same if hidden else ''}")]
