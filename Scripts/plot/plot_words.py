"""What a run was, in words: titles of pictures and labels of curves."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from plot_curves import SILENT, Group, Summary, seed_of
from plot_keys import snake
from plot_log import Log

EXPERIMENT_NAMES = {
    1: "uniform",
    2: "random, equal size",
    3: "random, unequal size",
    4: "skewed",
}
DATASET_NAMES = {"mnist": "MNIST", "digits": "digits"}
STRATEGY_NAMES = {
    "fedavg": "FedAvg", "fedsgd": "FedSGD", "fedprox": "FedProx", "scaffold": "SCAFFOLD",
    "fednova": "FedNova", "fedavgm": "FedAvgM", "fedadagrad": "FedAdagrad", "fedadam": "FedAdam",
    "fedyogi": "FedYogi", "median": "Median",
}
# Settings by their words, in the order of a title, and the value that is not worth a word there.
NUMBERS: dict[str, tuple[str, Any]] = {
    "batch_size": ("batch", None), "learning_rate": ("lr", None),
    "learning_rate_decay": ("lr decay", 1), "momentum": ("momentum", 0),
    "weight_decay": ("weight decay", 0), "gradient_clip": ("clip", None), "mu": ("μ", None),
    "server_learning_rate": ("server lr", None), "server_momentum": ("server momentum", None),
    "clip_update": ("update clip", None), "beta1": ("β₁", None), "beta2": ("β₂", None), "tau": ("τ", None),
    "availability": ("availability", 1), "dropout_before": ("drop-out before training", 0),
    "dropout_after": ("drop-out after training", 0), "over_selection": ("over-selection", 1),
    "seed": ("seed", None),
}
# Settings that have words of their own in a title, or are worth none there. What a later version adds
# has its name for its words.
TOLD = {
    "experiment", "partition", "dataset", "strategy", "clients", "cohort", "samples", "epochs", "steps",
    "model", "fixed_shards", "rounds", "target_accuracy", "patience", "evaluate_every", "engine",
    "evaluation_fraction", "no_client_evaluation", "minimum_clients", "drop_diverging", "round_deadline",
    "insecure",
}


def percent(value: float) -> str:
    return f"{100 * value:.2f}%" if math.isfinite(value) else "not finite"


def score_words(value: float, score: str) -> str:
    """An accuracy as a percentage, R² as a number."""
    if score == "accuracy":
        return percent(value)
    return f"{value:.4f}" if math.isfinite(value) else "not finite"


def counted(number: Any, noun: str) -> str:
    return f"{number} {noun}" if str(number) in ("1", "1.0") else f"{number} {noun}s"


def in_short(text: str, length: int = 36) -> str:
    """A long name without its middle: its end often tells more than that."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return text[:length - 1 - tail] + "…" + text[-tail:]


def dataset_name(value: Any) -> str:
    text = str(value)
    return DATASET_NAMES.get(text.lower(), in_short(Path(text).name or text))


def spaced(name: str) -> str:
    """fixed_shards → fixed shards, and so the outcomes of early versions, like targetReached."""
    return snake(name).replace("_", " ") if name.isidentifier() else name


def cohort_words(cohort: Any) -> str:
    """A count, or with a decimal point a fraction of all clients."""
    text = str(cohort)
    return f"{text} of them a round" if "." in text else f"{text} a round"


def division(log: Log) -> str:
    """How the data were divided."""
    partition = log.configuration.get("partition")
    if isinstance(partition, str):
        kind, colon, rest = partition.partition(":")
        # One from a file has the file's name.
        return f"Partition {kind}{colon}{in_short(Path(rest).name if '/' in rest else rest)}"
    if log.experiment in EXPERIMENT_NAMES:
        return f"Experiment {log.experiment} · {EXPERIMENT_NAMES[log.experiment]}"
    return f"Experiment {log.experiment}"


def settings(log: Log, all_numbers: bool = False) -> dict[str, str]:
    """What a run was, in the order of a title: a name for each setting and its words.

    `all_numbers` has those that are the default, too.
    """
    own = log.configuration
    result = {"experiment": division(log)}
    if own.get("dataset") is not None:
        result["dataset"] = dataset_name(own["dataset"])
    strategy = own.get("strategy")
    if isinstance(strategy, str):
        result["strategy"] = STRATEGY_NAMES.get(strategy, strategy)
    result["clients"] = counted(f"{log.client_number:,}", "client")
    if own.get("cohort") is not None:
        result["cohort"] = cohort_words(own["cohort"])
    samples = own.get("samples")
    if own.get("partition") is not None:
        pass  # which divides all there is
    elif samples is not None and log.experiment == 3 and isinstance(samples, int):
        result["samples"] = f"1 to {samples - 1} samples"
    elif samples is not None and log.experiment != 4:  # whose shards have a size of their own
        result["samples"] = counted(samples, "sample")
    for key, noun in [("epochs", "epoch"), ("steps", "step")]:
        if own.get(key) is not None:
            result[key] = counted(own[key], noun)
    for key, (words, plain) in NUMBERS.items():
        value = own.get(key)
        if value is not None and (all_numbers or value != plain):
            result[key] = f"{words} {value:g}" if isinstance(value, float) else f"{words} {value}"
    for key in sorted(own.keys() - NUMBERS.keys() - TOLD):
        if isinstance(own[key], (str, int, float)) and own[key] is not False:
            value = in_short(str(own[key]))
            result[key] = spaced(key) if own[key] is True else f"{spaced(key)} {value}"
    if own.get("model") is not None:
        model = own["model"]
        # A model from a file stands there whole, with the file's name.
        name = str(model.get("name") if isinstance(model, dict) else model)
        result["model"] = in_short(Path(name).name or name)
    if own.get("fixed_shards") is True:
        result["fixed_shards"] = "fixed shards"
    return result


def stop_words(log: Log) -> str:
    """Why a run has fewer rounds than it was to have; nothing if it has them all."""
    if log.rounds_done >= log.max_round:
        return ""
    outcome = spaced(log.outcome).strip() or "stopped"
    return f"{outcome} after {log.rounds_done} of {counted(log.max_round, 'round')}"


def in_lines(parts: list[str], width: int) -> list[str]:
    """Parts with points between them, in lines of at most `width` characters."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def title_lines(words: dict[str, str], extra: str = "", width: int = 125) -> tuple[str, str]:
    """A heading, and below it the other settings in as few lines of at most `width` characters as will
    do, about as long as each other: none has one word alone."""
    heading = " · ".join(words[k] for k in ("experiment", "dataset") if k in words)
    parts = [v for k, v in words.items() if k not in ("experiment", "dataset")] + [extra]
    parts = [part for part in parts if part]
    lines = in_lines(parts, width)
    for narrower in range(width, 0, -1):
        narrow = in_lines(parts, narrower)
        if len(narrow) > len(lines) or max(map(len, narrow), default=0) > narrower:
            break
        lines = narrow
    return heading, "\n".join(lines)


# Settings that already are in the words above, by whichever name.
SPOKEN = [
    "experiment", "partition", "dataset", "strategy", "clients", "cohort", "samples", "epochs",
    "steps", *NUMBERS, "model", "fixed_shards", "rounds",
]


def other_settings(log: Log) -> dict[str, str]:
    """Plain values of the configuration that `settings` has no words for."""
    return {
        key: f"{spaced(key)} {json.dumps(value)}"
        for key, value in log.configuration.items()
        if key not in SPOKEN and key not in SILENT and isinstance(value, (bool, int, float, str))
    }


def seed_order(seed: Any) -> tuple[int, float, str]:
    """2 before 10, and what is no number last."""
    is_number = isinstance(seed, (int, float)) and not isinstance(seed, bool)
    return (0, seed, "") if is_number else (1, 0, json.dumps(seed))


def compared_settings(group: Group) -> dict[str, str]:
    """The settings of one run, or of one and its repetitions, among several: a size of shards is
    what was asked for, whatever the experiment makes of it, and the rounds are told."""
    log = group.logs[0]
    result = settings(log, all_numbers=True) | other_settings(log)
    if log.configuration.get("samples") is not None and log.configuration.get("partition") is None:
        result["samples"] = counted(log.configuration["samples"], "sample")
    if len(group.logs) > 1:
        seeds = sorted((seed_of(log) for log in group.logs), key=seed_order)
        result["seed"] = "seeds " + ", ".join(map(str, seeds))
    return result | {"rounds": counted(log.max_round, "round")}


def comparison_words(groups: list[Group]) -> tuple[dict[str, str], list[str]]:
    """What all runs share, for the title, and a label for each curve that says what differs."""
    everything = [compared_settings(group) for group in groups]
    keys = list(dict.fromkeys(key for words in everything for key in words))
    keys.sort(key=lambda key: SPOKEN.index(key) if key in SPOKEN else len(SPOKEN))
    differing = [k for k in keys if len({words.get(k) for words in everything}) > 1]
    spoken = settings(groups[0].logs[0])
    shared = {
        k: v for k, v in everything[0].items()
        if k not in differing and (k in spoken or k == "rounds")
    }
    labels = []
    for words, group in zip(everything, groups):
        log = group.logs[0]
        if len(groups) > 6 and log.configuration.get("partition") is None:
            # Where lines are many, the experiment's number has to do.
            words = words | {"experiment": f"experiment {log.experiment}"}
        stop = stop_words(log) if len(group.logs) == 1 else ""
        parts = [words[k] for k in differing if k in words and not (stop and k == "rounds")]
        labels.append(" · ".join(parts + ([stop] if stop else [])))
    repeated = {label for label in labels if labels.count(label) > 1 or not label}
    for index, group in enumerate(groups):
        if labels[index] in repeated and len(groups) > 1:
            labels[index] = " · ".join(filter(None, [
                labels[index], in_short(group.logs[0].path.stem, 48)]))
    return shared, labels


def on_axis(place: float, over: str) -> str:
    """A place between rounds, or so many seconds."""
    return f"{place:.2f}" if over == "seconds" and place < 10 else f"{place:.1f}"


def target_words(target: float, score: str) -> str:
    return f"{100 * target:g}%" if score == "accuracy" else f"{score} {target:g}"


def crossing_words(
    target: float, place: float | None, over: str, score: str = "accuracy"
) -> str:
    """Where a curve reached the target: "99% at round 34.2"."""
    if place is None:
        return f"{target_words(target, score)} not reached"
    where = on_axis(place, over)
    where = f"round {where}" if over == "rounds" else f"{where} s"
    return f"{target_words(target, score)} at {where}"


def summary_words(
    summary: Summary, target: float | None, over: str, score: str = "accuracy"
) -> str:
    """What a legend says of a curve: its last accuracy, its seeds, and where it met the target."""
    curves, mean = summary.curves, summary.mean
    if not curves:
        return f"no finite {score}"
    result = score_words(mean.values[-1], score)
    if len(curves) > 1:
        last = [curve.values[-1] for curve in curves]
        result += (f", mean of {len(curves)} seeds from {score_words(min(last), score)} to "
                   f"{score_words(max(last), score)}")
    if target is None:
        return result
    result += " · " + crossing_words(target, mean.crossing(target), over, score)
    crossings = [c for c in (curve.crossing(target) for curve in curves) if c is not None]
    if len(curves) > 1 and crossings:
        result += f", its seeds from {on_axis(min(crossings), over)} to {on_axis(max(crossings), over)}"
        if len(crossings) < len(curves):
            result += f" ({len(crossings)} of {len(curves)} got there)"
    return result
