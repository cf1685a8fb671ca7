"""The axes that curves are drawn on: their ranges, and ticks that say what they stand at."""

from __future__ import annotations

import math
from typing import Any

from plot_style import Theme
from plot_words import target_words

# Ticks are 1, 2 or 5 of a power of ten apart.
STEPS = (1, 2, 5, 10)
# From here on, the largest loss so many times the smallest, the axis counts powers.
WIDE = 50


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


def number_label(value: float) -> str:
    """The same of a number: 0.125 and 12,500."""
    text = f"{round(value, 12):.10g}"
    return f"{int(value):,}" if text.lstrip("-").isdecimal() and abs(value) < 1e10 else text


def locate(axis: Any, parts: int = 9, integer: bool = False) -> None:
    """Ticks at steps of 1, 2 or 5, each labelled with its own value."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(
        MaxNLocator(nbins=parts, steps=STEPS, integer=integer, min_n_ticks=1 if integer else 2))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number_label(value)))


def prepare_places(axes: Any, over: str, last: float) -> None:
    """The axis of rounds or seconds, and the grid."""
    if over == "rounds":
        axes.set_xlabel("round")
        air = 0.5 if last < 3 else 0.03 * last
        axes.set_xlim(1 - air, last + air)
        locate(axes.xaxis, integer=True)
    else:
        axes.set_xlabel("seconds, the tests' included")
        axes.set_xlim(0, 1.03 * last if last > 0 else 1)
        locate(axes.xaxis)
    axes.grid(True, linewidth=0.8)
    axes.set_axisbelow(True)


def say_nothing_is_finite(axes: Any, values: list[float], what: str) -> None:
    if not any(math.isfinite(v) for v in values):
        axes.text(0.5, 0.5, f"no {what} is a finite number", transform=axes.transAxes,
                  ha="center", va="center")


def prepare_accuracy_axes(
    axes: Any, over: str, last: float, values: list[float], target: float | None, theme: Theme,
    score: str = "accuracy"
) -> None:
    """The axes of accuracies, or of R², with a line at the target."""
    from matplotlib.ticker import FuncFormatter

    prepare_places(axes, over, last)
    axes.set_ylabel(f"{score} on the test set")
    low, high = score_limits(values + ([target] if target is not None else []), score)
    axes.set_ylim(low, high)
    locate(axes.yaxis)
    if score == "accuracy":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_label(value)))
    if target is not None:
        axes.axhline(target, color=theme.muted, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1.5)
        axes.annotate(f"target {target_words(target, score)}", (0, target), xycoords=("axes fraction", "data"),
                      xytext=(4, 3), textcoords="offset points", fontsize=9, color=theme.muted)
    say_nothing_is_finite(axes, values, score)


def prepare_loss_axes(axes: Any, over: str, last: float, values: list[float], score: str) -> None:
    """The axes of losses: by powers of ten where one ran away, else the small ones were all nothing."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    prepare_places(axes, over, last)
    axes.set_ylabel(("mean squared error" if score == "R²" else "loss") + " on the test set")
    finite = [v for v in values if math.isfinite(v)]
    say_nothing_is_finite(axes, values, "loss")
    if not finite:
        return
    low, high = min(finite), max(finite)
    if 0 < low and high > WIDE * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.3, high * 1.3)
        subs = (1, 2, 5) if high < 1e4 * low else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_label(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        return
    air = max(0.08 * (high - low), 0.01 * abs(high), 1e-9)
    axes.set_ylim(low - air if low < 0 else max(low - air, -0.02 * high), high + air)
    locate(axes.yaxis)
