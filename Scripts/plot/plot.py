#!/usr/bin/env python3
"""Draws the log of a federated run, or compares the logs of several.

One log: the server's accuracy and its clients' by round, and beside it the clients' class counts.
Several logs: the server's accuracy of each run, the legend naming what differs; of runs that differ
in their seeds alone the mean, in a band from the lowest to the highest. With --confusion, of one log
which classes the last test's samples were taken for.
"""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
from pathlib import Path
from typing import Any

from plot_confusion import draw_confusion
from plot_counts import draw_class_counts, equal_share, shown_counts
from plot_curves import Summary, common_target, curve_of, grouped, summarized
from plot_log import Log, load_log, shortened
from plot_rounds import known_values
from plot_style import (
    DARK, LIGHT, LINE_STYLES, MARKERS, LogError, Theme, load_pyplot, save, write_title,
)
from plot_words import (
    comparison_words, counted, crossing_words, score_words, settings, stop_words, summary_words,
    target_words, title_lines,
)

__all__ = ["DARK", "LIGHT", "LogError", "Theme", "load_pyplot", "main", "save", "shortened",
           "write_title"]

# Points up to which each test has a mark of its own.
MARKED = 30


def score_limits(values: list[float], score: str = "accuracy") -> tuple[float, float]:
    """A range that shows them all, with some air and nothing beyond 0 and 1: R² may be below 0."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    air = max(0.08 * (high - low), 0.01)
    # A line that lies on 100% (or 0%) still shows its whole width.
    edge = 0.02 * (high - low + 2 * air)
    floor = -edge if score == "accuracy" else -math.inf
    return max(low - air, floor), min(high + air, 1 + edge)


def percent_label(value: float) -> str:
    """A gridline's own value, as short as it is: 72.5%, not 73%."""
    return f"{round(100 * value, 6):g}%"


def prepare_accuracy_axes(
    axes: Any, over: str, last: float, values: list[float], target: float | None, theme: Theme,
    score: str = "accuracy"
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylabel(f"{score} on the test set")
    if over == "rounds":
        axes.set_xlabel("round")
        air = 0.5 if last < 3 else 0.03 * last
        axes.set_xlim(1 - air, last + air)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    else:
        axes.set_xlabel("seconds, the tests' included")
        axes.set_xlim(0, 1.03 * last if last > 0 else 1)
    low, high = score_limits(values + ([target] if target is not None else []), score)
    axes.set_ylim(low, high)
    if score == "accuracy":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_label(value)))
    axes.grid(True, linewidth=0.8)
    axes.set_axisbelow(True)
    if target is not None:
        axes.axhline(target, color=theme.muted, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1.5)
        axes.annotate(f"target {target_words(target, score)}", (0, target), xycoords=("axes fraction", "data"),
                      xytext=(4, 3), textcoords="offset points", fontsize=9, color=theme.muted)
    if not any(math.isfinite(v) for v in values):
        axes.text(0.5, 0.5, f"no {score} is a finite number", transform=axes.transAxes,
                  ha="center", va="center")


# MARK: One run


def draw_clients(axes: Any, log: Log, over: str, theme: Theme) -> tuple[Any, str] | None:
    """The clients' accuracies and what the legend says of them: a line each where all take part, the
    range of those who did where there are cohorts; nothing if no client was tested."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    places = log.places(over)
    clients = log.clients_accuracy
    if log.has_cohorts:
        rounds: list[list[float]] = [[] for _ in range(log.rounds_done)]
        for accuracies in clients.values():
            for index, accuracy in known_values(accuracies):
                if index < log.rounds_done and math.isfinite(accuracy):
                    rounds[index].append(accuracy)
        tested = [(place, values) for place, values in zip(places, rounds) if values]
        if not tested:
            return None
        lows, highs = [min(v) for _, v in tested], [max(v) for _, v in tested]
        shown = [place for place, _ in tested]
        if len(tested) == 1:
            axes.vlines(shown, lows, highs, color=theme.clients, linewidth=5, alpha=0.45, zorder=2)
        axes.fill_between(shown, lows, highs, color=theme.clients, alpha=0.35, linewidth=0, zorder=2)
        label = (f"{counted(f'{len(clients):,}', 'client')} that took part: lowest to highest of "
                 "each round")
        return Patch(color=theme.clients, alpha=0.35, linewidth=0), label
    many = len(clients) > 20
    server = list(zip(places, log.server_accuracy))
    hidden = 0
    for accuracies in clients.values():
        known = [(p, a) for p, a in zip(places, accuracies) if math.isfinite(a)]
        # A line that the server's would cover, as a lone client's, lies upon it.
        is_hidden = bool(known) and not many and lies_on(known, server)
        hidden += is_hidden
        axes.plot([p for p, _ in known], [a for _, a in known],
                  color=theme.background if is_hidden else theme.clients,
                  linewidth=0.6 if many else 1, marker="o", markersize=2 if many else 3,
                  alpha=0.45 if many else 0.85, zorder=4 if is_hidden else 2)
    last = [a[-1] for a in clients.values() if a and math.isfinite(a[-1])]
    if not any(math.isfinite(a) for accuracies in clients.values() for a in accuracies):
        return None
    spread = (f": {score_words(min(last), log.score)} to {score_words(max(last), log.score)}"
              if len(last) > 1 else "")
    handle = Line2D([], [], color=theme.clients, linewidth=1, marker="o", markersize=3)
    if not hidden:
        return handle, counted(len(clients), "client") + spread
    if hidden == len(clients):
        handle = Line2D([], [], color=theme.background, linewidth=1, marker="o", markersize=3,
                        path_effects=on_server(theme))
    same = "the same as the server" if hidden == len(clients) else f"{hidden} as the server"
    return handle, f"{counted(len(clients), 'client')}{spread}, {same}"


def lies_on(line: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    """Whether a line is no further from another than the eye can tell."""
    values = dict(other)
    return all(abs(value - values.get(place, math.inf)) < 1e-4 for place, value in line)


def on_server(theme: Theme) -> list[Any]:
    """How a line upon the server's looks in a legend: with that one below it."""
    from matplotlib import patheffects

    return [patheffects.Stroke(linewidth=4, foreground=theme.server), patheffects.Normal()]


def draw_accuracy(
    axes: Any, log: Log, theme: Theme, over: str = "rounds", target: float | None = None
) -> None:
    from matplotlib.lines import Line2D

    clients = draw_clients(axes, log, over, theme)
    curve = curve_of(log, over)
    marker_size = 7 if len(curve.places) <= MARKED else 0
    axes.plot(curve.places, curve.values, color=theme.server, linewidth=2.8, marker="o",
              markersize=marker_size, zorder=3)
    values = curve.values + [v for a in log.clients_accuracy.values() for _, v in known_values(a)]
    prepare_accuracy_axes(axes, over, log.places(over)[-1], values, target, theme, log.score)
    name = log.score[0].upper() + log.score[1:]
    axes.set_title(f"{name} by round" if over == "rounds" else f"{name} over seconds")

    handles = [Line2D([], [], color=theme.server, linewidth=2.8, marker="o",
                      markersize=marker_size)]
    after = f"after round {log.rounds_done}"
    last = log.server_accuracy[-1]
    if not math.isfinite(last) and curve.values:
        after = "when last tested"
        last = curve.values[-1]
    labels = [f"server: {score_words(last, log.score)} {after}"]
    if target is not None:
        labels[0] += " · " + crossing_words(target, curve.crossing(target), over, log.score)
    if clients:
        handles.append(clients[0])
        labels.append(clients[1])
    columns = 2 if sum(map(len, labels)) < 72 else 1
    axes.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns,
                columnspacing=2)


def draw_run(
    log: Log, theme: Theme, over: str = "rounds", target: float | None = None
) -> Any:
    plt = load_pyplot(theme)
    target = common_target([log]) if target is None else target
    counts = list(shown_counts(log)[1].values())
    share = equal_share(counts)
    with_counts = not share and any(counts)
    figure = plt.figure(figsize=(13.5 if with_counts else 8.5, 5.8), dpi=110,
                        layout="constrained")
    if with_counts:
        grid = figure.add_gridspec(1, 3, width_ratios=[5.2, 4.8, 1.5])
        accuracy = figure.add_subplot(grid[0])
        heat = figure.add_subplot(grid[1])
        draw_class_counts(heat, figure.add_subplot(grid[2], sharey=heat), log, theme)
    else:
        accuracy = figure.add_subplot()
    draw_accuracy(accuracy, log, theme, over, target)
    heading, details = title_lines(
        settings(log) | ({"share": share} if share else {}), stop_words(log),
        125 if with_counts else 90)
    write_title(figure, theme, heading, details)
    return figure


# MARK: Several runs


def draw_group(axes: Any, summary: Summary, index: int, theme: Theme) -> Any:
    """One curve, with its band where it is a mean, and returns its line."""
    colour = theme.curves[index % len(theme.curves)]
    style = LINE_STYLES[index // len(theme.curves) % len(LINE_STYLES)]
    mean = summary.mean
    if summary.lows:
        axes.fill_between(mean.places, summary.lows, summary.highs, color=colour, alpha=0.2,
                          linewidth=0, zorder=2)
    marked = len(mean.places) <= MARKED
    line, = axes.plot(mean.places, mean.values, color=colour, linestyle=style,
                      marker=MARKERS[index % len(MARKERS)] if marked else None, markersize=5,
                      linewidth=1.8, zorder=3)
    return line


def draw_comparison(
    logs: list[Log], theme: Theme, over: str = "rounds", target: float | None = None
) -> Any:
    plt = load_pyplot(theme)
    score = common_score(logs)
    target = common_target(logs) if target is None else target
    groups = grouped(logs)
    shared, names = comparison_words(groups)
    summaries = [summarized(group.curves(over), over) for group in groups]
    labels = [
        textwrap.fill(": ".join(filter(None, [
            name, summary_words(summary, target, over, score)
        ])), 125)
        for name, summary in zip(names, summaries)
    ]
    columns = max(1, min(4, 130 // (max(map(len, labels)) + 12)))
    notes = []
    if any(len(group.logs) > 1 for group in groups):
        notes.append("bands: lowest to highest of the seeds")
        if any(len(group.logs) > 1 and group.ends_differ for group in groups):
            notes.append("a run that ended before others counts with its last accuracy")
    legend_rows = math.ceil(sum(label.count("\n") + 1 for label in labels) / columns)
    figure = plt.figure(
        figsize=(10, 5.6 + 0.22 * (legend_rows + bool(notes))), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    lines = [draw_group(axes, summary, index, theme) for index, summary in enumerate(summaries)]
    values = [v for s in summaries for v in s.mean.values + s.lows + s.highs]
    last = max(log.places(over)[-1] for log in logs)
    prepare_accuracy_axes(axes, over, last, values, target, theme, score)
    axes.set_title(f"The server's {score} " + ("by round" if over == "rounds" else "over seconds"))
    legend = figure.legend(lines, labels, loc="outside lower center", ncols=columns, fontsize=9,
                           handlelength=3, title="; ".join(notes) or None, title_fontsize=9)
    legend.get_title().set_color(theme.muted)
    heading = f"{len(logs)} runs"
    shared_heading, details = title_lines(shared, width=95)
    write_title(figure, theme, " · ".join(filter(None, [heading, shared_heading])), details)
    return figure


def common_score(logs: list[Log]) -> str:
    for log in logs:
        if log.score != logs[0].score:
            raise LogError(f"{log.path}: its models are measured by {log.score}, those of "
                           f"{logs[0].path} by {logs[0].score}")
    return logs[0].score


# MARK: The command


def default_output(paths: list[Path]) -> Path:
    """One log's picture stands beside it by its name, a comparison beside the first log."""
    first = paths[0]
    return first.with_name(first.stem + (".png" if len(paths) == 1 else "_compared.png"))


def accuracy_argument(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1, not {text}")
    return value


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--name", dest="logs", metavar="FILE", type=Path, nargs="+",
                        action="extend", required=True, help="a run's log; several are compared")
    parser.add_argument("-o", "--output", metavar="OUT.png", type=Path,
                        help="where to write the picture (beside the first log)")
    parser.add_argument("--over", choices=["rounds", "seconds"], default="rounds",
                        help="what the axis counts (rounds)")
    parser.add_argument("--target", metavar="ACCURACY", type=accuracy_argument,
                        help="a line there, and where each curve's best so far crosses it "
                             "(the runs' own target, if they have one in common)")
    parser.add_argument("--confusion", action="store_true",
                        help="of one log, which classes the last test's samples were taken for")
    parser.add_argument("--dark", action="store_true", help="light on dark")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    theme = DARK if options.dark else LIGHT
    output = options.output or default_output(options.logs)
    try:
        if output.resolve() in [path.resolve() for path in options.logs]:
            raise LogError(f"{output}: the picture would overwrite the log")
        logs = [load_log(path) for path in options.logs]
        if options.confusion and len(logs) > 1:
            raise LogError(f"--confusion is of one log, not of {len(logs)}")
        if options.confusion:
            figure = draw_confusion(logs[0], theme)
        else:
            draw = draw_run if len(logs) == 1 else draw_comparison
            figure = draw(logs[0] if len(logs) == 1 else logs, theme, options.over, options.target)
        save(figure, output)
    except LogError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 1
    print(f"picture  {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
