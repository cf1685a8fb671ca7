"""Which client had which images: a heat map of clients by classes, and a bar for each one's size."""

from __future__ import annotations

import math
from typing import Any

from plot_axes import locate
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
        title = f"Images of each class, round {number}"
        if len(last) <= ROW_LIMIT:
            return title, last
        return (f"{title}: clients 0 to {ROW_LIMIT - 1} of {len(last):,}",
                dict(list(last.items())[:ROW_LIMIT]))
    seen = {client: next((c for _, c in reversed(list(known_values(rounds))) if c), None)
            for client, rounds in log.class_counts.items()}
    seen = {client: counts for client, counts in seen.items() if counts}
    stays = log.configuration.get("partition") is not None or (
        log.configuration.get("fixed_shards") is True)
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


def counts_panel_height(counts: list[list[int] | None]) -> float:
    """Inches that the clients' rows need; none where nothing is known of them."""
    if not any(counts):
        return 0
    return min(4.4, max(2.0, 1.2 + 0.26 * len(counts)))


def draw_class_counts(figure: Any, log: Log, theme: Theme) -> None:
    """A heat map, clients by classes, and beside it a bar for each client's size; sizes that are all the
    same are in the title, and clients that have one class alone have no heat map."""
    import numpy

    title, counts = shown_counts(log)
    classes = max((len(c) for c in counts.values() if c), default=1)
    table = numpy.full((len(counts), classes), numpy.nan)
    for row, client_counts in enumerate(counts.values()):
        if client_counts:
            table[row, : len(client_counts)] = client_counts
    sizes = numpy.nansum(table, axis=1)
    few = len(counts) <= 16
    if len(set(sizes.tolist())) == 1 and len(counts) > 1 and classes > 1:
        axes = figure.subplots()
        title += f" · each client has {sizes[0]:,.0f}"
        bar_axes = axes
    elif classes == 1:
        sizes_axes = figure.subplots()
        name_rows(sizes_axes, list(counts), few)
        draw_sizes(sizes_axes, sizes, few, theme, "Samples of each client")
        return
    else:
        axes, bar_axes = figure.subplots(1, 2, width_ratios=[5, 1.6], sharey=True)
        draw_sizes(bar_axes, sizes, few, theme)
        bar_axes.tick_params(axis="y", labelleft=False)
    draw_heat(axes, bar_axes, table, few, theme)
    axes.set_title(title)
    name_rows(axes, list(counts), few)


def name_rows(axes: Any, clients: list[str], few: bool) -> None:
    axes.set_ylabel("client")
    if few:
        axes.set_yticks(range(len(clients)), clients)
    else:
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if len(clients) <= 10 * s)
        rows = range(0, len(clients), step)
        axes.set_yticks(rows, [clients[row] for row in rows])
    axes.set_ylim(len(clients) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def draw_heat(axes: Any, bar_axes: Any, table: Any, few: bool, theme: Theme) -> None:
    import numpy

    classes = table.shape[1]
    known = table[numpy.isfinite(table)]
    # Counts that are all alike would else all have the darkest colour.
    top = max(float(known.max()), 1.6 * float(known.mean()), 1.0) if known.size else 1.0
    image = axes.imshow(table, aspect="auto", cmap=theme.heat, vmin=0, vmax=top,
                        interpolation="nearest")
    axes.set_xlabel("class")
    axes.spines[:].set_visible(False)
    if classes <= 16:
        axes.set_xticks(range(classes))
    else:
        locate(axes.xaxis, 12, integer=True)
    axes.tick_params(length=0)

    if few and classes <= 16:
        for row, column in numpy.ndindex(*table.shape):
            value = table[row, column]
            if math.isfinite(value):
                red, green, blue, _ = image.cmap(image.norm(value))
                bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.45
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=8,
                          color="#1a1a1a" if bright else "#ffffff")
    else:
        bar = axes.figure.colorbar(image, ax=bar_axes, pad=0.02, fraction=0.12, aspect=40)
        bar.outline.set_visible(False)
        bar.set_label("images of a class (colour)")
        locate(bar.ax.yaxis, 8, integer=True)


def draw_sizes(axes: Any, sizes: Any, few: bool, theme: Theme, title: str = "Size") -> None:
    rows = range(len(sizes))
    axes.barh(rows, sizes, color=theme.clients, height=0.72 if few else 1.0)
    axes.set_title(title)
    axes.set_xlabel(f"{sizes.sum():,.0f} in all")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    largest = max(float(sizes.max()), 1.0)
    if few:
        for row in rows:
            axes.text(sizes[row] + 0.02 * largest, row, f"{sizes[row]:,.0f}", va="center",
                      fontsize=9)
        axes.set_xlim(0, 1.3 * largest)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    else:
        axes.set_xlim(0, 1.05 * largest)
        locate(axes.xaxis, 3, integer=True)
