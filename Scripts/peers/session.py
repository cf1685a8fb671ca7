"""One comparison, measured turn by turn."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import CORES, Failure, progress
from processes import run_workers
from rows import Figure, Job, Row, jobs_of


@dataclass
class Session:
    """One comparison: its options, and what was learnt on the way."""

    options: argparse.Namespace
    data_dir: str | None
    # Why a peer is left out, by its key; and what the peers said of themselves.
    missing: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)

    @property
    def experiment(self) -> dict[str, int]:
        if self.options.quick:
            return {"clients": 5, "rounds": 1, "epochs": 1, "samples": 50, "batch": 8}
        return {"clients": 5, "rounds": 5, "epochs": 10, "samples": 600, "batch": 8}

    def note_machine(self) -> None:
        """Asks our side for the CPU, and for what it runs on it."""
        command = ["bench", "training", "--json", "--quick", "--repeats", "1", "--batch-sizes", "1"]
        report = json.loads(federated(self.options.federated, command))
        self.machine = {key: report[key] for key in ("cpu", "blasCore", "simd")}

    def measure(self, job: Job, names: list[str]) -> dict[Figure, float]:
        values = {"bench": self.bench, "run": self.run}.get(job.program, self.peer)(job, names)
        return {Figure(job, name): values[name] for name in names}

    def bench(self, job: Job, names: list[str]) -> dict[str, float]:
        options = self.options
        # A repeat of the bench measures each of six things for 0.3 s; it tells their medians.
        repeats = "1" if options.quick else str(max(3, round(options.seconds)))
        command = ["bench", "training", "--json", "--model", job.model, "--batch-sizes", str(job.batch)]
        command += ["--threads", str(CORES), "--repeats", repeats]
        command += ["--input", "x".join(str(size) for size in job.shape)]
        report = json.loads(federated(options.federated, command + ["--quick"] * options.quick))
        speed = next(row for row in report["speeds"] if row["threads"] == CORES)
        peak = next(row for row in report["sgemmPeak"] if row["threads"] == CORES)
        limit = peak["flops"] / report["trainingFlops"]
        return {name: speed[name] for name in ("training", "evaluation")} | {"dense limit": limit}

    def run(self, job: Job, names: list[str]) -> dict[str, float]:
        e = self.experiment
        command = ["run", "--experiment", "1", "--quiet", "--threads", str(CORES)]
        command += ["--clients", str(e["clients"]), "--rounds", str(e["rounds"])]
        command += ["--epochs", str(e["epochs"]), "--samples", str(e["samples"])]
        command += ["--batch-size", str(e["batch"])]
        command += ["--dataset", self.data_dir or "digits"]
        with tempfile.TemporaryDirectory() as logs:
            start = time.monotonic()
            federated(self.options.federated, [*command, "--log-dir", logs])
            return {"seconds": time.monotonic() - start}

    def peer(self, job: Job, names: list[str]) -> dict[str, float]:
        kind, _, shape = job.program.partition(" ")
        spec: dict[str, Any] = {"model": job.model, "batch": job.batch, "names": names}
        spec |= {"seconds": self.options.seconds, "data": self.data_dir, "threads": CORES}
        spec["shape"] = job.shape
        count, starts, limit = 1, len(names), 300 + 20 * self.options.seconds
        if kind == "torch":
            count, spec["threads"] = (int(number) for number in shape.split("×"))
        elif kind == "flower":
            spec |= self.experiment
            starts, limit = 0, 3600
        answers = run_workers(kind, count, spec, starts, limit)
        shape = "×".join(str(size) for size in job.shape)
        self.about[job.program + f", {job.model} on {shape}, batch {job.batch}"] = answers[0]["about"]
        return {name: sum(answer[name] for answer in answers) for name in names}


def federated(program: Path, arguments: list[str]) -> str:
    """What our command prints; its failure ends the comparison."""
    try:
        result = subprocess.run([program, *arguments], capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"compare_peers: {program} does not start: {error.strerror}") from error
    if result.returncode != 0:
        words = (result.stderr.strip() or "it said nothing").splitlines()
        raise SystemExit(f"compare_peers: federated {' '.join(arguments)} failed: {words[-1]}")
    return result.stdout


def measure_turns(session: Session, rows: list[Row]) -> list[dict[Figure, float]]:
    """All figures of the rows, turn by turn; a peer that fails is left out from then on."""
    turns: list[dict[Figure, float]] = []
    for turn in range(session.options.repeats):
        turns.append({})
        remaining = [row for row in rows if not row.peers & session.missing.keys()]
        for job, names in jobs_of(remaining).items():
            if job.peer in session.missing:
                continue
            progress(
                f"turn {turn + 1} of {session.options.repeats}: {job.program}, "
                f"{job.model}, batch {job.batch}"
            )
            try:
                turns[-1] |= session.measure(job, names)
            except (Failure, OSError) as failure:
                if job.peer is None:
                    raise
                session.missing[job.peer] = str(failure)
    progress("")
    return turns
