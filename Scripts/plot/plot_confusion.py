"""Which classes the samples of a run's last test were taken for."""

from __future__ import annotations

import math
from typing import Any

from plot_log import Log
from plot_style import LogError, Theme, load_pyplot, write_title
from plot_words import percent, settings, title_lines

# Classes whose numbers fit into the cells, and whose names beside them.
NUMBERED = 20
NAMED = 32
# What of a name is shown.
NAME_LENGTH = 18


def class_label(log: Log, label: int) -> str:
    name = log.class_names[label] if label < len(log.class_names) else str(label)
    return name if len(name) <= NAME_LENGTH else name[:NAME_LENGTH - 1] + "…"


def draw_confusion(log: Log, theme: Theme) -> Any:
    """The confusion matrix, each row as shares of its class, and a bar for each class's accuracy."""
    if not log.confusion:
        raise LogError(f"{log.path}: it has no 'confusion_matrix'")
    plt = load_pyplot(theme)
    classes = len(log.confusion)
    side = min(8.5, max(4.2, 1.6 + 0.42 * classes))
    figure = plt.figure(figsize=(side + 4.2, side + 0.9), dpi=110, layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=[side, 2.2])
    matrix = figure.add_subplot(grid[0])
    draw_matrix(matrix, log, theme)
    draw_accuracies(figure.add_subplot(grid[1], sharey=matrix), log, theme)
    heading, details = title_lines(settings(log), width=60 + 4 * classes if classes < 10 else 100)
    write_title(figure, theme, heading, details)
    return figure


def draw_matrix(axes: Any, log: Log, theme: Theme) -> None:
    import numpy
    from matplotlib.ticker import MaxNLocator

    table = numpy.array(log.confusion, dtype=float)
    classes = len(table)
    sizes = table.sum(axis=1, keepdims=True)
    shares = numpy.divide(table, sizes, out=numpy.zeros_like(table), where=sizes > 0)
    # Mistakes are a few in a hundred: shown by their square root they are more than white.
    image = axes.imshow(numpy.sqrt(shares), cmap=theme.heat, vmin=0, vmax=1,
                        interpolation="nearest")
    axes.set_title("Samples of the last test")
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    labels = [class_label(log, label) for label in range(classes)]
    if classes <= NAMED:
        is_long = max(map(len, labels)) > 3
        axes.set_xticks(range(classes), labels, rotation=90 if is_long else 0)
        axes.set_yticks(range(classes), labels)
    else:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    if classes > NUMBERED:
        return
    for row in range(classes):
        for column in range(classes):
            count = int(table[row, column])
            if count:
                red, green, blue, _ = image.cmap(image.norm(math.sqrt(shares[row, column])))
                bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
                axes.text(column, row, f"{count:,}", ha="center", va="center",
                          fontsize=8 if classes <= 12 else 6,
                          color="#1a1a1a" if bright else "#ffffff")


def draw_accuracies(axes: Any, log: Log, theme: Theme) -> None:
    classes = len(log.confusion)
    values = [row[label] / sum(row) if sum(row) else math.nan
              for label, row in enumerate(log.confusion)]
    axes.barh(range(classes), [0 if math.isnan(value) else value for value in values],
              color=theme.clients, height=0.72)
    axes.set_title("Accuracy")
    axes.set_xlim(0, 1.5 if classes <= NAMED else 1.02)
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines["left"].set_visible(False)
    if classes > NAMED:
        axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        return
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for label, value in enumerate(values):
        axes.text(0.03 + (0 if math.isnan(value) else value), label,
                  "no sample" if math.isnan(value) else percent(value), va="center", fontsize=9)
