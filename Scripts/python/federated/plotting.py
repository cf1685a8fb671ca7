"""Curves of runs, by matplotlib."""

from __future__ import annotations

import os
from typing import Any

from .errors import LogError
from .logs import Run, read


def plot(*sources: str | os.PathLike | Run, over: str = "round", axes: Any = None) -> Any:
    """Accuracy and loss of one run with its clients' range, or of several; returns the figure.

    `over` is "round" or "seconds". A pair of `axes` may be given."""
    if over not in ("round", "seconds"):
        raise LogError(f"over is {over!r}: expected 'round' or 'seconds'")
    try:
        import matplotlib.pyplot as pyplot
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise LogError("matplotlib is not installed: pip install matplotlib") from error
    found: list[Run] = []
    for source in sources:
        one = read(source)
        found += one if isinstance(one, list) else [one]
    if not found:
        raise LogError("there is no run to draw")
    if axes is not None and not all(hasattr(axis, "plot") for axis in _pair(axes)):
        raise LogError(f"axes is {axes!r}: expected a pair of Matplotlib's")
    if len({run.score for run in found}) > 1:
        raise LogError("some runs are measured by accuracy, some by R²: draw them apart")
    if axes is None:
        figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    else:
        figure = axes[0].figure
    labels = labels_of(found)
    for panel, measure in zip(axes, ("accuracy", "loss")):
        for run, label in zip(found, labels):
            _draw(panel, run, measure, over, label, with_clients=len(found) == 1)
        panel.set_xlabel(over)
        panel.set_ylabel(found[0].score if measure == "accuracy" else "loss")
        panel.xaxis.set_major_locator(MaxNLocator(integer=over == "round", steps=[1, 2, 5, 10]))
        panel.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
        panel.grid(True, alpha=0.3)
    axes[0].legend(fontsize="small")
    return figure


def _pair(axes: Any) -> list[Any]:
    try:
        found = list(axes)
    except TypeError:
        found = []
    return found if len(found) == 2 else [None]


def labels_of(runs: list[Run]) -> list[str]:
    """What differs between runs; the name where nothing does."""
    if len(runs) == 1:
        return ["server"]
    names = list(dict.fromkeys(name for run in runs for name in run.settings.index))
    differing = [name for name in names
                 if len({repr(run.settings.get(name)) for run in runs}) > 1]
    words = {name: name.replace("_", " ") for name in differing}
    labels = [", ".join(f"{words[name]} {run.settings.get(name)}" for name in differing if name in run.settings)
              or ", ".join(f"no {words[name]}" for name in differing) for run in runs]
    return [label if label and labels.count(label) == 1 else f"{run.name} {label}".strip()
            for run, label in zip(runs, labels)]


def _draw(panel: Any, run: Run, measure: str, over: str, label: str, with_clients: bool) -> None:
    frame = run.rounds.copy()
    frame["seconds"] = frame["seconds"].fillna(0).cumsum()
    frame = frame.dropna(subset=[measure])
    panel.plot(frame[over], frame[measure], label=label, marker="o" if len(frame) <= 30 else None)
    if not with_clients:
        return
    bands = run.clients.dropna(subset=[measure]).groupby("round")[measure].agg(["min", "max"])
    places = run.rounds.assign(seconds=run.rounds["seconds"].fillna(0).cumsum()).set_index("round")
    where = [number if over == "round" else places.loc[number, "seconds"] for number in bands.index]
    panel.fill_between(where, bands["min"], bands["max"], color="gray", alpha=0.3, linewidth=0,
                       label="clients, lowest to highest" if len(bands) else None)
