#!/usr/bin/env python3
"""Draws a reproduced table: what was published beside what came of it, and the curves.

usage: plot_study.py -o PICTURE -n FILE

FILE is what `federated reproduce` hands on, as JSON. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import ticker  # noqa: E402

PUBLISHED, OURS = "#b45309", "#1d4ed8"
# What a mean accuracy is the mean of, as the study has it.
LAST_ROUNDS = 20


def numbers(cell: dict[str, Any]) -> list[float]:
    """What the seeds that got there measured."""
    return [value for value in cell["values"] if value is not None]


def count_on(axes: Any) -> None:
    """A logarithmic axis with numbers as people write them."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 3, 5, 7)))
    axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
    axes.xaxis.set_minor_locator(ticker.NullLocator())


def draw_numbers(axes: Any, summary: dict[str, Any], cells: list[dict[str, Any]]) -> None:
    percent = 1 if summary["measure"] == "rounds" else 100
    for row, cell in enumerate(cells):
        spread = cell.get("publishedSpread")
        axes.errorbar(cell["published"] * percent, row - 0.14, xerr=(spread or 0) * percent, fmt="D", ms=6,
                      color=PUBLISHED, mfc="white", capsize=3 if spread else 0,
                      label="published" + (" (± one deviation)" if spread else "")
                      if row == 0 else None)
        found = [value * percent for value in numbers(cell)]
        if found:
            mean = sum(found) / len(found)
            axes.errorbar(mean, row + 0.14, xerr=[[mean - min(found)], [max(found) - mean]], fmt="o",
                          ms=6, color=OURS, capsize=3)
        else:
            axes.plot(cell["limit"], row + 0.14, ">", color=OURS, ms=7)
            axes.annotate(f"not in {cell['limit']}", (cell["limit"], row + 0.14), xytext=(8, 0),
                          textcoords="offset points", va="center", fontsize=8, color=OURS)
    axes.plot([], [], "o", color=OURS, label="ours (mean, lowest to highest seed)")
    axes.set_yticks(range(len(cells)), [cell["name"] for cell in cells])
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    if summary["measure"] == "rounds":
        count_on(axes)
        targets = " and ".join(f"{100 * target:g}%" for target in summary["targets"])
        axes.set_xlabel(f"rounds to {targets} test accuracy (log scale)")
    else:
        best = summary["measure"] == "accuracy"
        axes.set_xlabel(f"{'best' if best else 'mean of the last rounds’'} test accuracy, %")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14 - 0.3 / max(len(cells), 3)), ncol=2,
                frameon=False, fontsize=9)


def best_so_far(curve: list[float]) -> list[float]:
    best, curves = 0.0, []
    for value in curve:
        best = max(best, value)
        curves.append(best)
    return curves


def mean_of_last(curves: list[list[float]], rounds: int = LAST_ROUNDS) -> list[float]:
    """For each round, the mean over the curves of what they were in it and the rounds before it."""
    count = min(map(len, curves), default=0)
    return [sum(sum(curve[max(0, end - rounds):end]) / min(rounds, end) for curve in curves) / len(curves)
            for end in range(1, count + 1)]


def draw_means(axes: Any, cells: list[dict[str, Any]]) -> None:
    """One curve a cell: where those of single runs go up and down by ten points, they hide each other."""
    colours = plt.colormaps["tab10" if len(cells) <= 10 else "tab20"].colors
    for index, cell in enumerate(cells):
        shown = mean_of_last([curve for curve in cell["curves"] if curve])
        axes.plot(range(1, len(shown) + 1), [value * 100 for value in shown], lw=1.6,
                  color=colours[index % len(colours)], label=cell["name"])
    axes.set_xlabel("round")
    axes.set_ylabel(f"mean accuracy of the last {LAST_ROUNDS} rounds and of all seeds, %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")


def draw_curves(axes: Any, summary: dict[str, Any], cells: list[dict[str, Any]]) -> None:
    if summary["measure"] == "mean accuracy":
        draw_means(axes, cells)
        return
    colours = plt.colormaps["tab10" if len(cells) <= 10 else "tab20"].colors
    for index, cell in enumerate(cells):
        for number, curve in enumerate(cell["curves"]):
            shown = best_so_far(curve)
            axes.plot(range(1, len(shown) + 1), [value * 100 for value in shown], lw=1.3, alpha=0.85,
                      color=colours[index % len(colours)], label=cell["name"] if number == 0 else None)
    for target in summary["targets"]:
        axes.axhline(target * 100, color="#666666", lw=0.8, ls="--")
    last = max((len(curve) for cell in cells for curve in cell["curves"]), default=1)
    if last > 60:
        count_on(axes)
    best = [max(curve) for cell in cells for curve in cell["curves"] if curve] or [1]
    # Where the best part company, and where the worst ends.
    lowest = min(100 * max(best) - 12, 100 * min(best) - 4)
    axes.set_ylim(max(0, lowest), min(100, 100 * max(best) + 0.6))
    axes.set_xlabel("round")
    axes.set_ylabel("best accuracy so far, %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PICTURE")
    parser.add_argument("-n", "--name", dest="summary", metavar="FILE", type=Path, required=True,
                        help="what `federated reproduce` made")
    options = parser.parse_args()
    try:
        summary = json.loads(options.summary.read_text(encoding="utf-8"))
        cells = summary["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"plot_study.py: {options.summary} is no summary of a study: {error}")
    if not cells:
        sys.exit("plot_study.py: no cell has been run")
    height = max(3.8, 1.9 + 0.5 * len(cells))
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, height), width_ratios=[1.15, 1])
    draw_numbers(left, summary, cells)
    draw_curves(right, summary, cells)
    figure.suptitle(summary["source"], fontsize=11)
    figure.tight_layout()
    figure.savefig(options.output, dpi=110)


if __name__ == "__main__":
    main()
