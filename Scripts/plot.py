#!/usr/bin/env python3
"""Draws the log of a federated run, or compares the logs of several.

One log: the server's accuracy and every client's by round, and beside it each client's class
counts. Several logs: the server's accuracy of each run, the legend naming what differs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXPERIMENT_NAMES = {
    1: "uniform",
    2: "random, equal size",
    3: "random, unequal size",
    4: "skewed",
}
DATASET_NAMES = {"mnist": "MNIST", "digits": "digits"}

# Okabe and Ito's palette, less the yellow that vanishes on white: told apart by colour-blind eyes.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F7F7F"]
LINE_STYLES = ["-", "--", "-.", ":"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    background: str
    text: str
    muted: str
    grid: str
    server: str
    clients: str
    heat: str


LIGHT = Theme("#ffffff", "#1a1a1a", "#5f6368", "#e3e5e8", "#0072B2", "#9aa0a6", "Blues")
DARK = Theme("#15181c", "#eceff1", "#a9b0b6", "#2f353b", "#56B4E9", "#7c858d", "cividis")


class LogError(Exception):
    """A log that cannot be drawn: one sentence that names the file, the place and the value."""


@dataclass(frozen=True)
class Log:
    """What a picture needs of a run's log."""

    path: Path
    experiment: int
    max_round: int
    client_number: int
    server_accuracy: list[float]
    clients_accuracy: dict[str, list[float]]
    # By client: one list of counts per round, None where a client had no part in a round.
    class_counts: dict[str, list[list[int] | None]] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""

    @property
    def rounds_done(self) -> int:
        return len(self.server_accuracy)


# MARK: Reading


def in_client_order(clients: dict[str, Any]) -> list[str]:
    """Client 10 after client 9, names that are no numbers last."""
    return sorted(clients, key=lambda c: (0, int(c), "") if c.isdecimal() else (1, 0, c))


def read_integer(log: dict[str, Any], key: str) -> int:
    value = log[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise LogError(f"'{key}' is {shortened(value)}: expected an integer")
    return value


def read_accuracies(value: Any, place: str) -> list[float]:
    """A list of fractions; null, which stands for a number that was not finite, becomes NaN."""
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of accuracies")
    result = []
    for index, item in enumerate(value):
        if item is None or (isinstance(item, float) and math.isnan(item)):
            result.append(math.nan)
        elif isinstance(item, bool) or not isinstance(item, (int, float)) or not 0 <= item <= 1:
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(item)}: expected a fraction from 0 to 1"
            )
        else:
            result.append(float(item))
    return result


def read_counts(value: Any, place: str) -> list[list[int] | None]:
    if not isinstance(value, list):
        raise LogError(f"{place} is {shortened(value)}: expected a list of rounds")
    for index, counts in enumerate(value):
        if counts is None:
            continue
        if not isinstance(counts, list) or not all(
            isinstance(c, int) and not isinstance(c, bool) and c >= 0 for c in counts
        ):
            raise LogError(
                f"{place}, round {index + 1}, is {shortened(counts)}: expected a list of counts"
            )
    return value


def read_object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LogError(f"{place} is {shortened(value)}: expected an object")
    return value


def shortened(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:39] + "…"


def load_json(path: Path) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as error:
        raise LogError(error.strerror or str(error)) from error
    except json.JSONDecodeError as error:
        raise LogError(
            f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise LogError("not JSON") from error
    return read_object(value, "the log")


def parse_log(path: Path, log: dict[str, Any]) -> Log:
    required = ["client number", "experiment", "max round", "clients acc", "server acc"]
    missing = [key for key in required if key not in log]
    if missing:
        raise LogError("not a run's log: it has no " + ", ".join(f"'{key}'" for key in missing))
    clients = read_object(log["clients acc"], "'clients acc'")
    counts = read_object(log.get("clients class counts") or {}, "'clients class counts'")
    server = read_accuracies(log["server acc"], "'server acc'")
    if not server:
        raise LogError("no round of it was finished, so there is nothing to draw")
    outcome = log.get("outcome")
    return Log(
        path=path,
        experiment=read_integer(log, "experiment"),
        max_round=read_integer(log, "max round"),
        client_number=read_integer(log, "client number"),
        server_accuracy=server,
        clients_accuracy={
            c: read_accuracies(clients[c], f"'clients acc' of client {c}")
            for c in in_client_order(clients)
        },
        class_counts={
            c: read_counts(counts[c], f"'clients class counts' of client {c}")
            for c in in_client_order(counts)
        },
        configuration=read_object(log.get("configuration") or {}, "'configuration'"),
        outcome=outcome if isinstance(outcome, str) else "",
    )


def load_log(path: Path) -> Log:
    try:
        return parse_log(path, load_json(path))
    except LogError as error:
        raise LogError(f"{path}: {error}") from error


# MARK: Words


def counted(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def dataset_name(value: Any) -> str:
    text = str(value)
    return DATASET_NAMES.get(text.lower(), Path(text).name or text)


def spaced(name: str) -> str:
    """fixedShards → fixed shards"""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: " " + m.group(1).lower(), name)


def settings(log: Log) -> dict[str, str]:
    """What a run was, in the order of a title: a name for each setting and its words."""
    own = log.configuration
    experiment = f"Experiment {log.experiment}"
    if log.experiment in EXPERIMENT_NAMES:
        experiment += f" · {EXPERIMENT_NAMES[log.experiment]}"
    result = {"experiment": experiment}
    if own.get("dataset") is not None:
        result["dataset"] = dataset_name(own["dataset"])
    result["clients"] = counted(log.client_number, "client")
    samples = own.get("samples")
    if samples is not None and log.experiment == 3 and isinstance(samples, int):
        result["samples"] = f"1 to {samples - 1} samples"
    elif samples is not None and log.experiment != 4:  # whose shards have a size of their own
        result["samples"] = counted(samples, "sample")
    if own.get("epochs") is not None:
        result["epochs"] = counted(own["epochs"], "epoch")
    for key, words in [("batchSize", "batch"), ("learningRate", "lr"), ("seed", "seed")]:
        if own.get(key) is not None:
            value = own[key]
            result[key] = f"{words} {value:g}" if isinstance(value, float) else f"{words} {value}"
    if own.get("model") is not None:
        result["model"] = str(own["model"])
    if own.get("fixedShards") is True:
        result["fixedShards"] = "fixed shards"
    return result


def stop_words(log: Log) -> str:
    """Why a run has fewer rounds than it was to have; nothing if it has them all."""
    if log.rounds_done >= log.max_round:
        return ""
    outcome = spaced(log.outcome).strip() or "stopped"
    return f"{outcome} after {log.rounds_done} of {counted(log.max_round, 'round')}"


def title_lines(words: dict[str, str], extra: str = "", width: int = 125) -> tuple[str, str]:
    """A heading, and below it the other settings in lines of at most `width` characters."""
    heading = " · ".join(words[k] for k in ("experiment", "dataset") if k in words)
    lines = [""]
    for part in [v for k, v in words.items() if k not in ("experiment", "dataset")] + [extra]:
        if not part:
            continue
        joined = f"{lines[-1]} · {part}" if lines[-1] else part
        if len(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(part)
    return heading, "\n".join(line for line in lines if line)


# Settings that already are in the words above, by whichever name.
SPOKEN = {
    "experiment", "dataset", "clients", "samples", "epochs", "batchSize", "learningRate", "seed",
    "model", "fixedShards", "rounds",
}
# Where a run came from and went to: true of it, but no setting that changes its curve.
SILENT = {"logDirectory", "logDir", "dataDirectory", "dataDir", "threads", "quiet", "json"}


def other_settings(log: Log) -> dict[str, str]:
    """Plain values of the configuration that `settings` has no words for."""
    return {
        key: f"{spaced(key)} {json.dumps(value)}"
        for key, value in log.configuration.items()
        if key not in SPOKEN | SILENT and isinstance(value, (bool, int, float, str))
    }


def compared_settings(log: Log) -> dict[str, str]:
    """The settings of one run among several: a size of shards is what was asked for, whatever
    the experiment makes of it, and the rounds are told."""
    result = settings(log) | other_settings(log)
    if log.configuration.get("samples") is not None:
        result["samples"] = counted(log.configuration["samples"], "sample")
    return result | {"rounds": counted(log.max_round, "round")}


def comparison_words(logs: list[Log]) -> tuple[dict[str, str], list[str]]:
    """What all runs share, for the title, and a label for each run that says what differs."""
    everything = [compared_settings(log) for log in logs]
    keys = list(dict.fromkeys(key for words in everything for key in words))
    differing = [k for k in keys if len({words.get(k) for words in everything}) > 1]
    shared = {
        k: v for k, v in everything[0].items()
        if k not in differing and (k in SPOKEN or k == "rounds")
    }
    labels = []
    for words, log in zip(everything, logs):
        if len(logs) > 6:  # where lines are many, the experiment's number has to do
            words = words | {"experiment": f"experiment {log.experiment}"}
        stop = stop_words(log)
        parts = [words[k] for k in differing if k in words and not (stop and k == "rounds")]
        labels.append(" · ".join(parts + ([stop] if stop else [])))
    repeated = {label for label in labels if labels.count(label) > 1 or not label}
    for index, log in enumerate(logs):
        if labels[index] in repeated:
            labels[index] = " · ".join(filter(None, [labels[index], log.path.stem]))
    return shared, labels


def last_counts(log: Log) -> tuple[int, dict[str, list[int] | None]]:
    """The last round of which class counts are known, and every client's counts in it."""
    round_number = max((len(rounds) for rounds in log.class_counts.values()), default=0)
    return round_number, {
        client: rounds[round_number - 1] if len(rounds) == round_number else None
        for client, rounds in log.class_counts.items()
    }


# MARK: Drawing


def percent_limits(values: list[float]) -> tuple[float, float]:
    """A range for fractions that shows them all, with some air and nothing beyond 0 and 1."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    air = max(0.08 * (high - low), 0.01)
    # A line that lies on 100% (or 0%) still shows its whole width.
    edge = 0.02 * (high - low + 2 * air)
    return max(low - air, -edge), min(high + air, 1 + edge)


def load_pyplot(theme: Theme) -> Any:
    """matplotlib.pyplot without a display, in the theme's colours."""
    if sys.prefix != sys.base_prefix:  # a virtual environment keeps its own font cache
        os.environ.setdefault("MPLCONFIGDIR", os.path.join(sys.prefix, "matplotlib"))
    try:
        import matplotlib
    except ImportError as error:
        raise LogError("matplotlib is not installed: make plot brings it along") from error
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({
        "figure.facecolor": theme.background, "axes.facecolor": theme.background,
        "savefig.facecolor": theme.background, "text.color": theme.text,
        "axes.labelcolor": theme.text, "axes.titlecolor": theme.text,
        "axes.edgecolor": theme.muted, "xtick.color": theme.muted, "ytick.color": theme.muted,
        "xtick.labelcolor": theme.text, "ytick.labelcolor": theme.text,
        "axes.grid": False, "grid.color": theme.grid, "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
        "text.parse_math": False, "axes.titlesize": 11, "axes.titlelocation": "left",
    })
    return plt


def write_title(figure: Any, theme: Theme, heading: str, details: str) -> None:
    """A heading in bold and its details below, above all panels."""
    lines = details.count("\n") + 1 if details else 0
    height = figure.get_size_inches()[1]
    figure.text(0.012, 1 - 0.10 / height, heading, ha="left", va="top", fontsize=14, weight="bold")
    figure.text(0.012, 1 - 0.40 / height, details, ha="left", va="top", fontsize=10,
                color=theme.muted, linespacing=1.35)
    top = 1 - (0.48 + 0.2 * lines) / height
    figure.get_layout_engine().set(rect=(0, 0, 1, top), w_pad=0.12, h_pad=0.08)


def prepare_accuracy_axes(axes: Any, rounds: int, values: list[float]) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.set_xlabel("round")
    axes.set_ylabel("accuracy on the test set")
    air = 0.5 if rounds < 3 else 0.03 * rounds
    axes.set_xlim(1 - air, rounds + air)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    low, high = percent_limits(values)
    axes.set_ylim(low, high)
    decimals = 0 if high - low > 0.08 else 1
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=decimals))
    axes.grid(True, linewidth=0.8)
    axes.set_axisbelow(True)
    if not any(math.isfinite(v) for v in values):
        axes.text(0.5, 0.5, "no accuracy is a finite number", transform=axes.transAxes,
                  ha="center", va="center")


def percent(value: float) -> str:
    return f"{100 * value:.2f}%" if math.isfinite(value) else "not finite"


def draw_accuracy(axes: Any, log: Log, theme: Theme) -> None:
    clients = log.clients_accuracy
    many = len(clients) > 20
    for accuracies in clients.values():
        rounds = range(1, len(accuracies) + 1)
        axes.plot(rounds, accuracies, color=theme.clients, linewidth=0.6 if many else 1,
                  marker="o", markersize=2 if many else 3, alpha=0.45 if many else 0.85,
                  zorder=2)
    done = log.rounds_done
    axes.plot(range(1, done + 1), log.server_accuracy, color=theme.server, linewidth=2.8,
              marker="o", markersize=7 if done <= 30 else 0, zorder=3)
    lengths = [len(a) for a in clients.values()] + [done]
    values = log.server_accuracy + [v for a in clients.values() for v in a]
    prepare_accuracy_axes(axes, max(lengths), values)
    axes.set_title("Accuracy by round")

    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=theme.server, linewidth=2.8, marker="o", markersize=7)]
    after = f"after round {done}"
    labels = [f"server: {percent(log.server_accuracy[-1])} {after}"]
    if clients:
        handles.append(Line2D([], [], color=theme.clients, linewidth=1, marker="o", markersize=3))
        last = [a[-1] for a in clients.values() if a and math.isfinite(a[-1])]
        spread = f": {percent(min(last))} to {percent(max(last))}" if last else ""
        labels.append(counted(len(clients), "client") + (spread if len(last) > 1 else ""))
    axes.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2,
                columnspacing=2)


def draw_class_counts(axes: Any, sizes_axes: Any, log: Log, theme: Theme) -> None:
    """A heat map, clients by classes, and a bar for each client's size beside it."""
    import numpy
    from matplotlib.ticker import MaxNLocator

    round_number, counts = last_counts(log)
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
    axes.set_title(f"Images of each class, round {round_number}")
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


def draw_run(log: Log, theme: Theme) -> Any:
    plt = load_pyplot(theme)
    with_counts = any(c is not None for c in last_counts(log)[1].values())
    figure = plt.figure(figsize=(13.5 if with_counts else 8.5, 5.8), dpi=110,
                        layout="constrained")
    if with_counts:
        grid = figure.add_gridspec(1, 3, width_ratios=[5.2, 4.8, 1.5])
        accuracy = figure.add_subplot(grid[0])
        heat = figure.add_subplot(grid[1])
        draw_class_counts(heat, figure.add_subplot(grid[2], sharey=heat), log, theme)
    else:
        accuracy = figure.add_subplot()
    draw_accuracy(accuracy, log, theme)
    heading, details = title_lines(settings(log), stop_words(log), 125 if with_counts else 90)
    write_title(figure, theme, heading, details)
    return figure


def draw_comparison(logs: list[Log], theme: Theme) -> Any:
    plt = load_pyplot(theme)
    shared, labels = comparison_words(logs)
    labels = [
        textwrap.fill(f"{label}: {percent(log.server_accuracy[-1])}", 105)
        for label, log in zip(labels, logs)
    ]
    columns = max(1, min(4, 125 // (max(map(len, labels)) + 12)))
    legend_rows = math.ceil(sum(label.count("\n") + 1 for label in labels) / columns)
    figure = plt.figure(figsize=(10, 5.6 + 0.22 * legend_rows), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    lines = []
    for index, log in enumerate(logs):
        rounds = range(1, log.rounds_done + 1)
        lines += axes.plot(
            rounds, log.server_accuracy, color=PALETTE[index % len(PALETTE)],
            linestyle=LINE_STYLES[index // len(PALETTE) % len(LINE_STYLES)],
            marker=MARKERS[index % len(MARKERS)], markersize=5 if log.rounds_done <= 30 else 0,
            linewidth=1.8)
    values = [v for log in logs for v in log.server_accuracy]
    prepare_accuracy_axes(axes, max(log.rounds_done for log in logs), values)
    axes.set_title("The server's accuracy by round")
    figure.legend(lines, labels, loc="outside lower center", ncols=columns, fontsize=9,
                  handlelength=3)
    heading = f"{len(logs)} runs"
    shared_heading, details = title_lines(shared, width=95)
    write_title(figure, theme, " · ".join(filter(None, [heading, shared_heading])), details)
    return figure


def save(figure: Any, path: Path) -> None:
    """Writes the picture whole or not at all."""
    kind = path.suffix[1:].lower() or "png"
    if kind not in figure.canvas.get_supported_filetypes():
        raise LogError(f"{path}: '.{kind}' is no picture format that can be written: try .png")
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            figure.savefig(file, format=kind)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's files are private
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise LogError(f"{path}: {error.strerror or error}") from error
    finally:
        if temporary:
            os.unlink(temporary)
        sys.modules["matplotlib.pyplot"].close(figure)


def default_output(paths: list[Path]) -> Path:
    """One log's picture stands beside it by its name, a comparison beside the first log."""
    first = paths[0]
    return first.with_name(first.stem + (".png" if len(paths) == 1 else "_compared.png"))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--name", dest="logs", metavar="FILE", type=Path, nargs="+",
                        action="extend", required=True, help="a run's log; several are compared")
    parser.add_argument("-o", "--output", metavar="OUT.png", type=Path,
                        help="where to write the picture (beside the first log)")
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
        figure = draw_run(logs[0], theme) if len(logs) == 1 else draw_comparison(logs, theme)
        save(figure, output)
    except LogError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 1
    print(f"picture  {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
