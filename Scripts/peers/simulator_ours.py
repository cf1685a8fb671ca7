"""Our side: `federated bench published`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from common import CORES, Failure
from simulator_counts import Counts
from simulator_rows import SimulatorRow


def published(program: Path, row: SimulatorRow, rounds: int) -> dict[str, Any]:
    """What our command says of so many rounds of a row."""
    command = ["bench", "published", "--rows", row.id, "--rounds", str(rounds)]
    command += ["--threads", str(CORES), "--json"]
    try:
        result = subprocess.run([program, *command], capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{program} does not start: {error.strerror}") from error
    if result.returncode != 0:
        words = (result.stderr.strip() or "it said nothing").splitlines()
        raise Failure(f"federated {' '.join(command)} failed: {words[-1]}")
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def measure_ours(program: Path, row: SimulatorRow, rounds: int) -> tuple[Counts, dict[str, str]]:
    """Our rounds of a row, and the machine that we say we are on.

    We test the last model in any case, the peers none: the threads' time in tests is taken off.
    """
    report = published(program, row, rounds)
    found = next(entry for entry in report["rows"] if entry["id"] == row.id)
    for what, expected in [
        ("parameters", row.parameters),
        ("clients", row.population),
        ("cohort", row.cohort),
        ("rounds", rounds),
    ]:
        if found[what] != expected:
            raise Failure(f"our {row.id} has {found[what]:,} {what}, not {expected:,}")
    tests = found["evaluationThreadSeconds"] / CORES
    seconds = found["secondsPerRound"] * rounds - tests
    machine = {key: report[key] for key in ("cpu", "blasCore", "simd")}
    return Counts(rounds, found["trainingImages"], found["steps"], seconds), machine
