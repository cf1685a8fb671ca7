#!/usr/bin/env python3
"""Draws the log of a federated run, or compares the logs of several.

One log: the server's accuracy and its loss by round, with the worst, the best and the smallest client's,
and below them the clients' class counts. Several logs: both of each run's server, the legend naming what differs; of runs that differ
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

from plot_axes import prepare_accuracy_axes, prepare_loss_axes
from plot_clients import Named, draw_clients, legend_entries, named_clients
from plot_confusion import draw_confusion
from plot_counts import counts_panel_height, draw_class_counts, equal_share, shown_counts
from plot_curves import Group, Summary, common_target, curve_of, grouped, summarized
from plot_log import Log, load_log, shortened
from plot_rounds import known_values
from plot_style import (
    DARK, LIGHT, LINE_STYLES, MARKERS, LogError, Theme, load_pyplot, save, write_title,
)
from plot_words import (
    comparison_words, counted, crossing_words, score_words, settings, stop_words, summary_words,
    title_lines,
)

__all__ = ["DARK", "LIGHT", "LogError", "Theme", "load_pyplot", "main", "save", "shortened",
           "write_title"]

# Points up to which each test has a mark of its own.
MARKED = 30
# Characters that fit below a picture's width of twelve inches.
LEGEND_WIDTH = 150


# MARK: One run


def draw_curves(
    axes: Any, log: Log, named: list[Named], theme: Theme, over: str, target: float | None,
    measure: str = "accuracy"
) -> None:
    """The server's line and its clients', of accuracies or of losses."""
    draw_clients(axes, log, named, over, theme, measure)
    curve = curve_of(log, over, measure)
    axes.plot(curve.places, curve.values, color=theme.server, linewidth=2.8, marker="o",
              markersize=7 if len(curve.places) <= MARKED else 0, zorder=3)
    values = curve.values + [v for a in log.clients_values(measure).values()
                             for _, v in known_values(a)]
    last = log.places(over)[-1]
    if measure == "loss":
        prepare_loss_axes(axes, over, last, values, log.score)
    else:
        prepare_accuracy_axes(axes, over, last, values, target, theme, log.score)
    name = "loss" if measure == "loss" else log.score
    axes.set_title(name[0].upper() + name[1:] + (" by round" if over == "rounds" else " over seconds"))


def server_words(log: Log, over: str, target: float | None) -> str:
    """What the legend says of the server's line."""
    curve = curve_of(log, over)
    after = f"after round {log.rounds_done}"
    last = log.server_accuracy[-1]
    if not math.isfinite(last) and curve.values:
        after = "when last tested"
        last = curve.values[-1]
    words = f"server: {score_words(last, log.score)} {after}"
    if target is None:
        return words
    return f"{words} · {crossing_words(target, curve.crossing(target), over, log.score)}"


def legend_columns(labels: list[str], width: int = LEGEND_WIDTH) -> int:
    """As many as fit side by side, the last row as full as can be."""
    fitting = max(1, min(len(labels), width // (max(map(len, labels)) + 10)))
    return math.ceil(len(labels) / math.ceil(len(labels) / fitting))


def draw_run(
    log: Log, theme: Theme, over: str = "rounds", target: float | None = None
) -> Any:
    from matplotlib.lines import Line2D

    plt = load_pyplot(theme)
    target = common_target([log]) if target is None else target
    counts = list(shown_counts(log)[1].values())
    share = equal_share(counts)
    counts_height = 0.0 if share else counts_panel_height(counts)
    named = named_clients(log, theme)
    width = 12 if log.has_loss or counts_height else 8.5
    entries = [(Line2D([], [], color=theme.server, linewidth=2.8, marker="o", markersize=7),
                server_words(log, over, target))] + legend_entries(log, named, over, theme)
    labels = [textwrap.fill(label, round(LEGEND_WIDTH * width / 12) - 10) for _, label in entries]
    columns = legend_columns([label for _, label in entries], round(LEGEND_WIDTH * width / 12))
    heading, details = title_lines(
        settings(log) | ({"share": share} if share else {}), stop_words(log),
        round(125 * width / 12))
    rows = math.ceil(len(labels) / columns) + sum(label.count("\n") for label in labels)
    curves_height = 3.9 + 0.22 * rows
    figure = plt.figure(figsize=(width, 0.8 + 0.2 * details.count("\n") + curves_height + counts_height),
                        dpi=110, layout="constrained")
    if counts_height:
        upper, lower = figure.subfigures(2, 1, height_ratios=[curves_height, counts_height])
    else:
        upper, lower = figure.subfigures(1, 1), None
    panels = upper.subplots(1, 1 + log.has_loss, squeeze=False)[0]
    for axes, measure in zip(panels, ("accuracy", "loss")):
        draw_curves(axes, log, named, theme, over, target, measure)
    upper.legend([handle for handle, _ in entries], labels, loc="outside lower center", ncols=columns,
                 columnspacing=2, fontsize=9.5)
    if lower is not None:
        draw_class_counts(lower, log, theme)
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
    has_loss = any(log.has_loss for log in logs)
    width = 13 if has_loss else 10
    said = [": ".join(filter(None, [name, summary_words(summary, target, over, score)]))
            for name, summary in zip(names, summaries)]
    labels = [textwrap.fill(label, 12 * width) for label in said]
    columns = legend_columns(said, 13 * width)
    notes = comparison_notes(groups)
    legend_rows = math.ceil(sum(label.count("\n") + 1 for label in labels) / columns)
    heading, details = title_lines(shared, width=round(9.5 * width))
    figure = plt.figure(
        figsize=(width, 5.2 + 0.2 * details.count("\n") + 0.22 * (legend_rows + bool(notes))),
        dpi=110, layout="constrained")
    panels = figure.subplots(1, 1 + has_loss, squeeze=False)[0]
    lines = draw_groups(panels[0], summaries, logs, over, target, theme)
    if has_loss:
        losses = [summarized(group.curves(over, "loss"), over) for group in groups]
        draw_groups(panels[1], losses, logs, over, None, theme, "loss")
    legend = figure.legend(lines, labels, loc="outside lower center", ncols=columns, fontsize=9,
                           handlelength=3, title="; ".join(notes) or None, title_fontsize=9)
    legend.get_title().set_color(theme.muted)
    write_title(figure, theme, " · ".join(filter(None, [f"{len(logs)} runs", heading])), details)
    return figure


def draw_groups(
    axes: Any, summaries: list[Summary], logs: list[Log], over: str, target: float | None,
    theme: Theme, measure: str = "accuracy"
) -> list[Any]:
    """The server's curves of one measure, and returns their lines."""
    lines = [draw_group(axes, summary, index, theme) for index, summary in enumerate(summaries)]
    values = [v for s in summaries for v in s.mean.values + s.lows + s.highs]
    last = max(log.places(over)[-1] for log in logs)
    if measure == "loss":
        prepare_loss_axes(axes, over, last, values, logs[0].score)
    else:
        prepare_accuracy_axes(axes, over, last, values, target, theme, logs[0].score)
    name = "loss" if measure == "loss" else logs[0].score
    axes.set_title(f"The server's {name} " + ("by round" if over == "rounds" else "over seconds"))
    return lines


def comparison_notes(groups: list[Group]) -> list[str]:
    """What stands above the legend: what bands are."""
    several = [group for group in groups if len(group.logs) > 1]
    notes = ["bands: lowest to highest of the seeds"] if several else []
    if any(group.ends_differ for group in several):
        notes.append("a run that ended before others counts with its last accuracy")
    return notes


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
