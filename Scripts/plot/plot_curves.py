"""Curves of accuracy: of a run, or the mean of runs that differ in nothing but their seeds."""

from __future__ import annotations

import bisect
import json
import math
from dataclasses import dataclass
from typing import Any

from plot_log import Log

# Where a run came from and went to: true of it, but no setting that changes its curve.
SILENT = {"log_directory", "log_dir", "data_directory", "data_dir", "threads", "quiet", "json"}
# Places at which curves over seconds, which no two runs have in common, are averaged.
PLACES_OVER_SECONDS = 400


@dataclass(frozen=True)
class Curve:
    """Accuracies or losses at places on the axis: where a test was made and its result is a number."""

    places: list[float]
    values: list[float]

    def at(self, place: float) -> float:
        """Between two tests on the straight line, and after the last what that was."""
        after = bisect.bisect_left(self.places, place)
        if after == len(self.places):
            return self.values[-1]
        if after == 0 or self.places[after] == place:
            return self.values[after]
        left, right = self.places[after - 1], self.places[after]
        part = (place - left) / (right - left)
        return self.values[after - 1] + part * (self.values[after] - self.values[after - 1])

    def crossing(self, target: float) -> float | None:
        """Where the best accuracy so far reaches a target, interpolated between two tests.

        As in McMahan et al. 2017, section 3: the curve is made monotonic by the best value over all
        rounds until then. None if it never does; the first test if that is past the target already.
        """
        best, before = -math.inf, math.nan
        for place, value in zip(self.places, self.values):
            if value >= target:
                if not math.isfinite(best):
                    return place
                return before + (place - before) * (target - best) / (value - best)
            best, before = max(best, value), place
        return None


def curve_of(log: Log, over: str, measure: str = "accuracy") -> Curve:
    """The server's accuracy or loss; rounds that were not tested are bridged."""
    tested = [(place, value) for place, value in zip(log.places(over), log.server_values(measure))
              if math.isfinite(value)]
    return Curve([place for place, _ in tested], [value for _, value in tested])


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seeds, or one run."""

    logs: list[Log]

    def curves(self, over: str, measure: str = "accuracy") -> list[Curve]:
        """Of the runs that have a number at all."""
        curves = (curve_of(log, over, measure) for log in self.logs)
        return [curve for curve in curves if curve.places]

    @property
    def ends_differ(self) -> bool:
        """Whether some runs ended before others, and count with their last accuracy from there on."""
        return len({log.rounds_done for log in self.logs}) > 1


@dataclass(frozen=True)
class Summary:
    """The curves of a group, their mean, and their lowest and highest value at each of its places:
    nothing for one curve, which is its own mean."""

    curves: list[Curve]
    mean: Curve
    lows: list[float]
    highs: list[float]


def summarized(curves: list[Curve], over: str) -> Summary:
    """The mean and the band of curves.

    Over rounds the places are those that any was tested at, from where all have begun; a run that
    ended before another keeps its last value.
    """
    if len(curves) <= 1:
        return Summary(curves, curves[0] if curves else Curve([], []), [], [])
    first = max(curve.places[0] for curve in curves)
    if over == "rounds":
        places = sorted({p for curve in curves for p in curve.places if p >= first})
    else:
        last = max(curve.places[-1] for curve in curves)
        step = (last - first) / (PLACES_OVER_SECONDS - 1)
        places = [first + step * index for index in range(PLACES_OVER_SECONDS)] if step else [first]
    table = [[curve.at(place) for curve in curves] for place in places]
    mean = [math.fsum(row) / len(row) for row in table]
    return Summary(curves, Curve(places, mean), [min(row) for row in table],
                   [max(row) for row in table])


def all_but_seed(log: Log) -> str:
    own = {k: v for k, v in log.configuration.items() if k not in SILENT | {"seed"}}
    return json.dumps([log.experiment, log.client_number, log.max_round, own], sort_keys=True)


def seed_of(log: Log) -> Any:
    return log.configuration.get("seed")


def grouped(logs: list[Log]) -> list[Group]:
    """Runs in groups, each where its first run stood. Runs whose seeds are unknown or alike are no
    repetitions of each other: they stay by themselves."""
    groups: dict[str, list[Log]] = {}
    for log in logs:
        groups.setdefault(all_but_seed(log), []).append(log)
    result = []
    for members in groups.values():
        seeds = [json.dumps(seed_of(log)) for log in members]
        if "null" in seeds or len(set(seeds)) < len(seeds):
            result += [Group([log]) for log in members]
        else:
            result.append(Group(members))
    return result


def common_target(logs: list[Log]) -> float | None:
    """The accuracy at which all runs were to stop, if they have one and the same."""
    targets = [log.configuration.get("target_accuracy") for log in logs]
    target = targets[0] if all(other == targets[0] for other in targets) else None
    is_number = isinstance(target, (int, float)) and not isinstance(target, bool)
    return float(target) if is_number and 0 < target <= 1 else None
