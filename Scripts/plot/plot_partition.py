#!/usr/bin/env python3
"""Draws how a data set is divided among clients, from what `federated partition --json` prints.

A heat map of clients by classes, and beside it a bar for each client's size. Of more than 100
clients the heat map has the first 100, and a histogram of all sizes stands beside it.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plot
from plot import DARK, LIGHT, LogError, Theme
from plot_counts import equal_share
from plot_keys import spelled
from plot_log import LARGEST_COUNT, printable, read_json

# Clients whose rows can still be told apart in the heat map.
ROW_LIMIT = 100


@dataclass(frozen=True)
class Division:
    """What a picture needs of a division."""

    name: str
    summary: str
    dataset: str
    images: int
    seed: int
    samples: int | None
    # By client, then by class.
    counts: list[list[int]]

    @property
    def sizes(self) -> list[int]:
        return [sum(row) for row in self.counts]


# MARK: Reading


def is_count(value: Any, largest: int = LARGEST_COUNT) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest


def parse_division(value: dict[str, Any]) -> Division:
    value = spelled(value)
    required = ["name", "summary", "dataset", "images", "seed", "class_counts"]
    missing = [key for key in required if key not in value]
    if missing:
        raise LogError(
            "not a division among clients: it has no " + ", ".join(f"'{key}'" for key in missing)
        )
    for key in ["name", "summary", "dataset"]:
        if not isinstance(value[key], str):
            raise LogError(f"'{key}' is {plot.shortened(value[key])}: expected a string")
    for key, largest in [("images", LARGEST_COUNT), ("seed", 2**64 - 1), ("samples", LARGEST_COUNT)]:
        if key in value and not is_count(value[key], largest):
            raise LogError(f"'{key}' is {plot.shortened(value[key])}: expected a count")
    counts = value["class_counts"]
    if not isinstance(counts, list) or not counts:
        raise LogError(
            f"'class_counts' is {plot.shortened(counts)}: expected a list of clients"
        )
    for index, row in enumerate(counts):
        if not isinstance(row, list) or not row or not all(map(is_count, row)):
            raise LogError(
                f"'class_counts' of client {index} is {plot.shortened(row)}: "
                "expected a list of counts"
            )
        if len(row) != len(counts[0]):
            raise LogError(
                f"'class_counts' of client {index} has {len(row)} classes: "
                f"expected {len(counts[0])} as for client 0"
            )
    return Division(
        name=printable(value["name"]), summary=printable(value["summary"]),
        dataset=printable(value["dataset"]),
        images=value["images"], seed=value["seed"], samples=value.get("samples"), counts=counts,
    )


def load_division(path: Path) -> Division:
    try:
        value = read_json(path)
        if not isinstance(value, dict):
            raise LogError(f"it is {plot.shortened(value)}: expected an object")
        return parse_division(value)
    except LogError as error:
        raise LogError(f"{path}: {error}") from error


# MARK: Words


def details(division: Division) -> str:
    """How images were divided, and in a second line which, below the heading."""
    clients = len(division.counts)
    given = sum(division.sizes)
    parts = [division.dataset, f"{clients:,} client{'s' * (clients != 1)}"]
    if division.samples is not None:
        parts.append(f"round 1 draws {given:,} of {division.images:,} images")
    elif given < division.images:
        parts.append(f"{given:,} of {division.images:,} images")
    else:
        parts.append(f"{given:,} images")
    parts.append(f"seed {division.seed}")
    # A partition's file may have a long path.
    return "\n".join(textwrap.wrap(division.summary, 110) + [" · ".join(parts)])


# MARK: Drawing


def draw(division: Division, theme: Theme) -> Any:
    plt = plot.load_pyplot(theme)
    clients = len(division.counts)
    rows = min(clients, ROW_LIMIT)
    share = equal_share(division.counts)
    if share:
        return draw_sentence(division, share, theme)
    # A row is tall enough for its numbers while there are few, and still to be seen where many.
    height = min(8.2, max(3.4, 1.7 + 0.3 * rows))
    figure = plt.figure(figsize=(10, height), dpi=110, layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=[6, 3.2])
    heat = figure.add_subplot(grid[0])
    if clients <= ROW_LIMIT:
        sizes = figure.add_subplot(grid[1], sharey=heat)
        draw_bars(sizes, division, theme)
    else:
        sizes = figure.add_subplot(grid[1])
        draw_histogram(sizes, division, theme)
    draw_heat(heat, division, rows, theme)
    plot.write_title(figure, theme, heading(division), details(division))
    return figure


def heading(division: Division) -> str:
    if division.samples is None:
        return division.name
    return division.name.replace("experiment", "Experiment", 1)


def draw_sentence(division: Division, share: str, theme: Theme) -> Any:
    """What is the same for all clients, in words: a picture of it would be one colour."""
    plt = plot.load_pyplot(theme)
    figure = plt.figure(figsize=(10, 2.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.text(0.5, 0.5, share[0].upper() + share[1:], ha="center", va="center", fontsize=14)
    plot.write_title(figure, theme, heading(division), details(division))
    return figure


def draw_heat(axes: Any, division: Division, rows: int, theme: Theme) -> None:
    import numpy
    from matplotlib.colors import PowerNorm
    from matplotlib.ticker import MaxNLocator

    table = numpy.array(division.counts[:rows], dtype=float)
    classes = table.shape[1]
    # Counts that are all alike would else all have the darkest colour.
    top = max(float(table.max()), 1.6 * float(table.mean()), 1.0)
    # A few large counts would else make all others look like none.
    is_skewed = top > 4 * float(table.mean())
    image = axes.imshow(table, aspect="auto", cmap=theme.heat, interpolation="nearest",
                        norm=PowerNorm(0.5 if is_skewed else 1, vmin=0, vmax=top))
    clients = len(division.counts)
    axes.set_title("Images of each class" if rows == clients
                   else f"Images of each class, clients 0 to {rows - 1}")
    axes.set_xlabel("class")
    axes.set_ylabel("client")
    axes.spines[:].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=min(classes, 16), min_n_ticks=1))
    axes.tick_params(length=0)
    step = 1 if rows <= 20 else 5 if rows <= 50 else 10
    axes.set_yticks(range(0, rows, step), [str(client) for client in range(0, rows, step)])
    # With more classes numbers would stand upon each other.
    if rows <= 20 and classes <= 12:
        for row in range(rows):
            for column in range(classes):
                count = int(table[row, column])
                if count:
                    red, green, blue, _ = image.cmap(image.norm(count))
                    bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
                    axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=8,
                              color="#1a1a1a" if bright else "#ffffff")
    else:
        bar = axes.figure.colorbar(image, ax=axes, location="left", pad=0.02, fraction=0.05,
                                   aspect=40)
        bar.outline.set_visible(False)
        bar.set_label("images of a class (colour)")
        bar.locator = MaxNLocator(integer=True, steps=[1, 2, 5, 10])
        bar.update_ticks()


def draw_bars(axes: Any, division: Division, theme: Theme) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    sizes = division.sizes
    rows = range(len(sizes))
    few = len(sizes) <= 20
    largest = max(max(sizes), 1)
    axes.barh(rows, sizes, color=theme.clients, height=0.72 if few else 1.0)
    axes.set_title("Images of each client")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelleft=False)
    if few:
        for row in rows:
            axes.text(sizes[row] + 0.02 * largest, row, f"{sizes[row]:,}", va="center", fontsize=9)
        axes.set_xlim(0, 1.25 * largest)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    else:
        axes.set_xlim(0, 1.05 * largest)
        axes.set_xlabel("images")
        axes.grid(True, axis="x", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def draw_histogram(axes: Any, division: Division, theme: Theme) -> None:
    import numpy
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    sizes = numpy.array(division.sizes)
    low, high = int(sizes.min()), int(sizes.max())
    # Bins of whole images: none is wider than another because a bound fell between two.
    width = max(1, -(-(high - low + 1) // 30))
    edges = numpy.arange(low, high + width + 1, width) - 0.5
    axes.hist(sizes, bins=edges, color=theme.clients)
    axes.set_title(f"Sizes of all {len(sizes):,} clients")
    axes.set_xlabel("images of a client")
    axes.set_ylabel("clients")
    axes.grid(True, axis="y", linewidth=0.8)
    axes.set_axisbelow(True)
    if high - low < 3:
        axes.set_xlim(low - 3.5, high + 3.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="plot_partition.py",
                                     description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-n", "--name", dest="division", metavar="FILE", type=Path, required=True,
                        help="what federated partition --json printed")
    parser.add_argument("-o", "--output", metavar="OUT.png", type=Path,
                        help="where to write the picture (beside the file)")
    parser.add_argument("--dark", action="store_true", help="light on dark")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    output = options.output or options.division.with_suffix(".png")
    try:
        if output.resolve() == options.division.resolve():
            raise LogError(f"{output}: the picture would overwrite the file it is made from")
        division = load_division(options.division)
        plot.save(draw(division, DARK if options.dark else LIGHT), output)
    except LogError as error:
        print(f"plot_partition.py: {error}", file=sys.stderr)
        return 1
    print(f"picture  {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
