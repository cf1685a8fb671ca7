#!/usr/bin/env python3
"""Kills `federated run` at random moments, resumes it until it is done, and compares the results.

usage: Scripts/check/kill_test.py [--times N] [--seed S] [--federated PROGRAM] [--rounds R] [--keep]

A small model is trained once without disturbance, on a few images that are made here, so that
starting takes no time and most kills fall on rounds, commits and the writing of the log. Then, N times, the same run is begun with an empty
store, killed with SIGKILL after a random time, resumed, killed again … until it ends. Its model file
must have the undisturbed run's bytes, and its log the same content but for times. One line at the end
says what came of it; the status is 1 if any run differed or failed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from test_support import Failure, write_images

# What may differ between two runs of the same settings: threads are varied here.
TIMES = {"timings", "started", "threads"}


@dataclass
class Result:
    """What a run left: its model's bytes, and its log without what may differ."""

    model: bytes
    log: dict[str, Any]


def command(
    program: Path, folder: Path, rounds: int, threads: int, store_every: int = 1
) -> list[str]:
    return [
        str(program), "run", "--resume", "--dataset", str(folder.parent / "images"),
        "--experiment", "4", "--model", "logistic-regression", "--epochs", "1", "--clients", "3",
        "--rounds", str(rounds), "--threads", str(threads), "--log-dir", str(folder),
        "--store-every", str(store_every),
    ]


def result(folder: Path) -> Result:
    logs = sorted(folder.glob("*.json"))
    if not logs:
        raise Failure("the run ended without a log")
    log = json.loads(logs[-1].read_text(encoding="utf-8"))
    if log["outcome"] != "completed":
        raise Failure(f"the run's outcome is {log['outcome']!r}")
    return Result(
        model=logs[-1].with_suffix(".safetensors").read_bytes(),
        log={key: value for key, value in log.items() if key not in TIMES},
    )


def undisturbed(program: Path, folder: Path, rounds: int) -> tuple[Result, float]:
    began = time.monotonic()
    done = subprocess.run(command(program, folder, rounds, 2), capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"the undisturbed run failed: {done.stderr.strip()}")
    return result(folder), time.monotonic() - began


def until_done(
    program: Path, folder: Path, rounds: int, chance: random.Random, seconds: float
) -> tuple[Result, int]:
    """Kills and resumes a run until it ends by itself; how often it was killed."""
    kills = 0
    while True:
        process = subprocess.Popen(
            command(
                program, folder, rounds, chance.choice([1, 2, 3]), chance.choice([1, 1, 2, 7])),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        # Up to a bit more than the whole run: start, training, commits and the log are all hit.
        patience = chance.uniform(0, 1.1 * seconds)
        try:
            _, complaint = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            # It may have ended by itself in that moment.
            if process.returncode == -signal.SIGKILL:
                kills += 1
                continue
            complaint = ""
        if process.returncode != 0:
            raise Failure(f"a resumed run ended with {process.returncode}: {complaint.strip()}")
        return result(folder), kills


def differing(found: Result, expected: Result) -> list[str]:
    names = [key for key in sorted(expected.log.keys() | found.log.keys())
             if found.log.get(key) != expected.log.get(key)]
    return (["model file"] if found.model != expected.model else []) + names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20, help="runs to kill (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument("--rounds", type=int, default=60, help="rounds of a run (60)")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that failed")
    parser.add_argument("--federated", type=Path, metavar="PROGRAM",
                        default=Path(__file__).resolve().parents[2] / ".build/release/federated")
    options = parser.parse_args()
    if options.times < 1:
        parser.error(f"--times must be at least 1, not {options.times}")
    if not options.federated.is_file():
        sys.exit(f"kill_test.py: there is no program {options.federated}: make build makes it")

    chance = random.Random(options.seed)
    began = time.monotonic()
    kills = finished = same = 0
    with tempfile.TemporaryDirectory(prefix="kill-test-") as work:
        write_images(Path(work) / "images", chance)
        try:
            expected, seconds = undisturbed(options.federated, Path(work) / "whole", options.rounds)
        except Failure as failure:
            sys.exit(f"kill_test.py: {failure}")
        for number in range(1, options.times + 1):
            folder = Path(work) / f"run{number}"
            try:
                found, killed = until_done(
                    options.federated, folder, options.rounds, chance, seconds)
                kills += killed
                finished += 1
                differences = differing(found, expected)
                same += not differences
                if differences:
                    raise Failure("it differs in " + ", ".join(differences))
            except Failure as failure:
                print(f"run {number}: {failure}", file=sys.stderr)
                if options.keep:
                    kept = Path(tempfile.mkdtemp(prefix="kill-test-kept-")) / folder.name
                    shutil.copytree(folder, kept)
                    print(f"run {number}: kept in {kept}", file=sys.stderr)
            shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{options.times} runs of {options.rounds} rounds, killed {kills} times: {finished} finished, "
        f"{same} with the bits and the log of an undisturbed run "
        f"({seconds:.2f} s undisturbed, {time.monotonic() - began:.0f} s in all)")
    sys.exit(0 if same == options.times else 1)


if __name__ == "__main__":
    main()
