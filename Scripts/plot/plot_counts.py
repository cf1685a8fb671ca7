"""Which client had which images: a heat map of clients by classes, and a bar for each one's size."""

from __future__ import annotations

import math
from typing import Any

from plot_log import Log
from plot_rounds import known_values
from plot_style import Theme

# Clients whose rows can still be told apart.
ROW_LIMIT = 100


def last_counts(log: Log) -> tuple[int, dict[str, list[int] | None]]:
    """The last round of which class counts are known, and every client's counts in it."""
    round_number = max((len(rounds) for rounds in log.class_counts.values()), default=0)
    return round_number, {
        client: rounds[round_number - 1] if 0 < round_number == len(rounds) else None
        for client, rounds in log.class_counts.items()
    }


def shown_counts(log: Log) -> tuple[str, dict[str, list[int] | None]]:
    """What the heat map shows, and its title: every client of the last round; where only a cohort has
    a part in a round but data stay with clients, every client seen, if they are few enough."""
    number, last = last_counts(log)
    if not log.has_cohorts:
        return f"Images of each class, round {number}", last
    seen = {client: next((c for _, c in reversed(list(known_values(rounds))) if c), None)
            for client, rounds in log.class_counts.items()}
    seen = {client: counts for client, counts in seen.items() if counts}
    stays = log.configuration.get("partition") is not None or (
        log.configuration.get("fixedShards") is True)
    if stays and len(seen) <= ROW_LIMIT:
        return f"Images of each class, {len(seen)} clients that took part", seen
    took_part = {client: counts for client, counts in last.items() if counts}
    title = f"Images of each class, clients of round {number}"
    if len(took_part) <= ROW_LIMIT:
        return title, took_part
    return f"{title}: {ROW_LIMIT} of {len(took_part)}", dict(list(took_part.items())[:ROW_LIMIT])


def equal_share(table: list[list[int] | None]) -> str:
    """A sentence where every client has as many images of each class as every other, which a picture
    says no better; nothing where they differ."""
    values = {count for row in table for count in row or []}
    if not table or len(values) != 1 or len({len(row or []) for row in table}) != 1:
        return ""
    count = values.pop()
    classes = len(table[0] or [])
    who = "each client" if len(table) > 1 else "the client"
    if classes == 1:
        return f"{who} has {count:,} sample{'s' * (count != 1)}"
    return (f"{who} has {count:,} image{'s' * (count != 1)} of each of the {classes} classes, "
            f"{count * classes:,} in all")


def draw_class_counts(axes: Any, sizes_axes: Any, log: Log, theme: Theme) -> None:
    """A heat map, clients by classes, and a bar for each client's size beside it."""
    import numpy
    from matplotlib.ticker import MaxNLocator

    title, counts = shown_counts(log)
    classes = max((len(c) for c in counts.values() if c), default=1)
    table = numpy.full((len(counts), classes), numpy.nan)
    for row, client_counts in enumerate(counts.values()):
        if client_counts:
            table[row, : len(client_counts)] = client_counts
    sizes = numpy.nansum(table, axis=1)
    few = len(counts) <= 16

    known = table[numpy.isfinite(table)]
    # Counts that are all alike would else all have the darkest colour.
    top = max(float(known.max()), 1.6 * float(known.mean()), 1.0) if known.size else 1.0
    image = axes.imshow(table, aspect="auto", cmap=theme.heat, vmin=0, vmax=top,
                        interpolation="nearest")
    axes.set_title(title)
    axes.set_xlabel("class")
    axes.set_ylabel("client")
    axes.spines[:].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=min(classes, 16), min_n_ticks=1))
    if few:
        axes.set_yticks(range(len(counts)), list(counts))
    else:
        step = max(1, math.ceil(len(counts) / 10 / 5) * 5)
        rows = range(0, len(counts), step)
        axes.set_yticks(rows, [list(counts)[row] for row in rows])
    axes.tick_params(length=0)

    if few and classes <= 12:
        for row in range(len(counts)):
            for column in range(classes):
                value = table[row, column]
                if math.isfinite(value):
                    red, green, blue, _ = image.cmap(image.norm(value))
                    bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.45
                    axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=8,
                              color="#1a1a1a" if bright else "#ffffff")
    else:
        bar = axes.figure.colorbar(image, ax=sizes_axes, pad=0.02, fraction=0.12, aspect=40)
        bar.outline.set_visible(False)
        bar.set_label("images of a class (colour)")
        bar.locator = MaxNLocator(integer=True, steps=[1, 2, 5, 10])
        bar.update_ticks()
    draw_sizes(sizes_axes, sizes, few, theme)


def draw_sizes(axes: Any, sizes: Any, few: bool, theme: Theme) -> None:
    from matplotlib.ticker import MaxNLocator

    rows = range(len(sizes))
    axes.barh(rows, sizes, color=theme.clients, height=0.72 if few else 1.0)
    axes.set_title("Size")
    axes.set_xlabel(f"images, {sizes.sum():,.0f} in all")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelleft=False)
    largest = max(float(sizes.max()), 1.0)
    if few:
        for row in rows:
            axes.text(sizes[row] + 0.04 * largest, row, f"{sizes[row]:.0f}", va="center",
                      fontsize=9)
        axes.set_xlim(0, 1.45 * largest)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    else:
        axes.set_xlim(0, 1.05 * largest)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3, min_n_ticks=1))
