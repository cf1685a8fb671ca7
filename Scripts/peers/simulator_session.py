"""One comparison with simulators, measured turn by turn."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace

from common import Failure, progress
from processes import run_workers
from simulator_counts import Counts
from simulator_environments import additions, python_of
from simulator_modes import MODES, WORKERS, Mode
from simulator_ours import measure_ours
from simulator_plan import Mismatch, cohorts
from simulator_rows import SimulatorRow

LIMIT_SECONDS = 600.0
# Who is measured in a row.
Key = tuple[str, str]


@dataclass
class SimulatorSession:
    """One comparison: its options, and what was learnt on the way; keys are (program, row)."""

    options: argparse.Namespace
    programs: list[str]
    missing: dict[Key, str] = field(default_factory=dict)
    modes: dict[Key, Mode] = field(default_factory=dict)
    trials: dict[Key, dict[str, float]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)

    def rounds(self, row: SimulatorRow) -> int:
        return row.quick_rounds if self.options.quick else row.rounds

    def ours(self, row: SimulatorRow) -> Counts:
        rounds = self.rounds(row) * row.ours
        counts, self.machine = measure_ours(self.options.federated, row, rounds)
        return counts

    def peer(
        self, program: str, row: SimulatorRow, mode: Mode, rounds: int, ours: Counts
    ) -> Counts:
        """A program's rounds, which are of as many images and steps as ours are on average."""
        share = rounds / ours.rounds
        images = row.epochs * round(ours.images / row.epochs * share)
        steps = row.epochs * round(ours.steps / row.epochs * share)
        spec = row.spec() | {"mode": mode.kind, "workers": mode.workers, "threads": mode.threads}
        spec["plan"] = cohorts(row, rounds, images, steps, seed=rounds)
        own = additions(program, mode.workers)
        python = python_of(program)
        kind = WORKERS[program]
        answers = run_workers(kind, len(own), spec, 0, LIMIT_SECONDS, python, own)
        self.about[program] = answers[0]["about"]
        done = Counts(
            rounds,
            sum(answer["images"] for answer in answers),
            sum(answer["steps"] for answer in answers),
            answers[0]["seconds"],
        )
        if (done.images, done.steps) != (images, steps):
            raise Failure(
                f"it trained {done.images:,} images in {done.steps:,} steps, "
                f"not {images:,} in {steps:,}"
            )
        return done

    def choose(self, program: str, row: SimulatorRow, ours: Counts) -> Mode:
        """The fastest way to run a program's row here, from one short trial of each."""
        key = program, row.id
        if key not in self.modes:
            rates: dict[Mode, float] = {}
            reason = ""
            # One epoch tells which is the fastest.
            short = replace(row, epochs=1)
            epoch = replace(
                ours, images=ours.images // row.epochs, steps=ours.steps // row.epochs
            )
            for mode in MODES[program]:
                progress(f"{row.id}: trying {program}, {mode.text}")
                try:
                    rates[mode] = self.peer(program, short, mode, row.quick_rounds, epoch).rate
                except Failure as failure:
                    reason = str(failure)
            if not rates:
                raise Failure(reason)
            self.trials[key] = {mode.text: rate for mode, rate in rates.items()}
            self.modes[key] = max(rates, key=lambda mode: rates[mode])
        return self.modes[key]

    def turn(self, row: SimulatorRow, label: str) -> dict[str, Counts]:
        """Ours and every program once; one that fails is left out of the row from then on."""
        progress(f"{label}: {row.id}, federated")
        turn = {"ours": self.ours(row)}
        for program in self.programs:
            key = program, row.id
            if key in self.missing:
                continue
            try:
                mode = self.choose(program, row, turn["ours"])
                progress(f"{label}: {row.id}, {program}")
                turn[program] = self.peer(program, row, mode, self.rounds(row), turn["ours"])
            except (Failure, Mismatch, OSError) as failure:
                self.missing[key] = str(failure)
        return turn


def measure_simulators(
    session: SimulatorSession, rows: list[SimulatorRow]
) -> dict[str, list[dict[str, Counts]]]:
    """Each row's turns; turns of all rows alternate, so that a slow hour is every row's."""
    turns: dict[str, list[dict[str, Counts]]] = {row.id: [] for row in rows}
    for number in range(1, session.options.repeats + 1):
        for row in rows:
            label = f"turn {number} of {session.options.repeats}"
            turns[row.id].append(session.turn(row, label))
    progress("")
    return turns
