"""What came of a comparison with simulators: ratios, their table, who is left out and why."""

from __future__ import annotations

import statistics
from typing import Any, Iterator

from simulator_counts import Counts
from simulator_rows import NAMES, TARGETS, SimulatorRow

Turns = list[dict[str, Counts]]


def summarise(row: SimulatorRow, program: str, turns: Turns) -> dict[str, Any] | None:
    """A program's row: medians over the turns, ratios taken within a turn; None if it has none."""
    pairs = [(turn["ours"], turn[program]) for turn in turns if program in turn]
    if not pairs:
        return None
    ratios = [ours.rate / theirs.rate for ours, theirs in pairs]
    median = statistics.median
    return {
        "row": row.id,
        "name": row.name,
        "program": NAMES[program],
        "turns": len(pairs),
        "ours": median(ours.rate for ours, _ in pairs),
        "peer": median(theirs.rate for _, theirs in pairs),
        "oursPerRound": median(ours.per_round for ours, _ in pairs),
        "peerPerRound": median(theirs.per_round for _, theirs in pairs),
        "imagesPerRound": median(theirs.images / theirs.rounds for _, theirs in pairs),
        "stepsPerRound": median(theirs.steps / theirs.rounds for _, theirs in pairs),
        "ratios": ratios,
        "minimum": min(ratios),
        "median": median(ratios),
        "maximum": max(ratios),
        "target": TARGETS[program],
        "reached": median(ratios) >= TARGETS[program],
    }


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of a table: images a second and seconds a round of both, ratios, target."""
    yield (
        f"{'':18}{'images/s':>20}{'a round':>20}{'ours ÷ peer':>24}\n"
        f"    {'':14}{'ours':>10}{'peer':>10}{'ours':>10}{'peer':>10}"
        f"{'min':>8}{'median':>8}{'max':>8}{'target':>8}"
    )
    for result in results:
        cells = f"{result['ours']:10,.0f}{result['peer']:10,.0f}"
        cells += f"{seconds(result['oursPerRound']):>10}{seconds(result['peerPerRound']):>10}"
        cells += "".join(f"{result[key]:8.2f}" for key in ("minimum", "median", "maximum"))
        target = f"≥ {result['target']:g}"
        verdict = "reached" if result["reached"] else "short"
        yield f"{result['row']}  {result['program']:14}{cells}{target:>8}  {verdict}"


def left_out(missing: dict[tuple[str, str], str], rows: list[SimulatorRow]) -> Iterator[str]:
    """A sentence for each program and reason, with the rows that go with it."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for (program, row), reason in missing.items():
        reasons.setdefault((program, reason), []).append(row)
    for (program, reason), ids in reasons.items():
        among = "" if len(ids) == len(rows) else f" of {', '.join(ids)}"
        yield f"{NAMES[program]} is left out{among}: {reason}"


def ways(
    modes: dict[tuple[str, str], Any], trials: dict[tuple[str, str], dict[str, float]]
) -> Iterator[str]:
    """How each program was run, and what the others of its ways came to in the trial."""
    for (program, row), mode in modes.items():
        rates = trials[program, row]
        others = [f"{text} {rate:,.0f}" for text, rate in rates.items() if text != mode.text]
        tried = f" ({rates[mode.text]:,.0f} images/s in a trial; {'; '.join(others)})"
        yield f"{row} {NAMES[program]}: {mode.text}{tried if others else ''}"
