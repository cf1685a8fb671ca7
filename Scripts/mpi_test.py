#!/usr/bin/env python3
"""Runs `federated run` over several ranks, and looks whether they agree with one process.

usage: Scripts/mpi_test.py [--federated PROGRAM] [--rounds R] [--kills N]

The same runs are made without MPI and with 1, 2, 3 and 5 ranks: models and logs must be the same but for
times, also where what the strategy keeps for each client travels between ranks. Then a rank of a run is
killed, N times: the job must end within seconds with one error of mpirun's, and the run, resumed with
another number of ranks, with the same bits. What ranks cannot do must be refused in one sentence. The
images are made here. One line at the end says what came of it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_test import Failure, Result, differing, result, write_images

# More ranks than cores are no mistake here, and neither is a container's root.
ENVIRONMENT = os.environ | {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}
# Sums, and updates that are not summed; the first two have states of clients beside them.
STRATEGIES = {
    "scaffold": ["--strategy", "scaffold"],
    "sparse median": ["--strategy", "median", "--compress", "topk:0.1"],
    "fednova": ["--strategy", "fednova"],
    "median": ["--strategy", "median"],
}
# Until when a job must have noticed that a rank is dead.
SECONDS_TO_NOTICE = 10.0


def command(program: Path, ranks: int | None, *options: str) -> list[str]:
    start = [] if ranks is None else ["mpirun", "-n", str(ranks)]
    return [*start, str(program), "run", *options]


def settings(work: Path, folder: Path, strategy: str, rounds: int) -> list[str]:
    return [
        "--dataset", str(work / "images"), "--partition", "dirichlet:0.5", "--clients", "12",
        "--cohort", "7", *STRATEGIES[strategy], "--model", "logistic-regression", "--epochs", "2",
        "--rounds", str(rounds), "--log-dir", str(folder), "--dropout-after", "0.1",
    ]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)


def whole(program: Path, work: Path, ranks: int | None, strategy: str, rounds: int) -> Result:
    folder = work / f"{strategy}-ranks-{ranks or 'none'}"
    done = run(command(program, ranks, *settings(work, folder, strategy, rounds)))
    if done.returncode != 0:
        raise Failure(
            f"{strategy}, {ranks or 'no'} ranks: status {done.returncode}: {done.stderr.strip()}")
    return result(folder)


def process_of(launcher: int, rank: int) -> int:
    """The process that a launcher started as that rank."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == launcher and f"OMPI_COMM_WORLD_RANK={rank}".encode() in variables:
            return int(entry.name)
    raise Failure(f"rank {rank} is not there")


def killed(
    program: Path, work: Path, name: str, strategy: str, rounds: int, chance: random.Random
) -> float:
    """Kills a rank in mid-run; how long the job then took to end."""
    folder = work / name
    ranks = chance.choice([2, 3])
    with subprocess.Popen(
        command(program, ranks, *settings(work, folder, strategy, rounds)), env=ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as job:
        seen = 0
        for line in job.stdout or []:
            # The table's lines: "  12/400 …".
            seen += line.split("/")[0].strip().isdigit()
            if seen > rounds // 10:
                break
        time.sleep(chance.uniform(0, 0.05))
        os.kill(process_of(job.pid, chance.randrange(ranks)), signal.SIGKILL)
        began = time.monotonic()
        _, complaint = job.communicate(timeout=60)
        seconds = time.monotonic() - began
    if job.returncode == 0:
        raise Failure("a job one of whose ranks was killed ended well")
    if "signal 9" not in complaint:
        raise Failure(f"mpirun does not say what happened: {complaint.strip()!r}")
    if seconds > SECONDS_TO_NOTICE:
        raise Failure(f"the job ended {seconds:.1f} s after its rank")
    ranks = chance.choice([None, 1, 2, 3])
    done = run(command(program, ranks, "--resume", *settings(work, folder, strategy, rounds)))
    if done.returncode != 0:
        raise Failure(f"resumed: status {done.returncode}: {done.stderr.strip()}")
    # Where the folder's name is long, the line is broken.
    if "resumed after round" not in " ".join(done.stdout.split()):
        raise Failure("the run was not resumed")
    return seconds


def refused(program: Path, work: Path, sentence: str, *options: str) -> None:
    done = run(command(program, 2, *options))
    said = [line for line in done.stderr.splitlines() if line.startswith("federated:")]
    if done.returncode == 0 or len(said) != 1 or sentence not in said[0]:
        raise Failure(f"{options}: expected “{sentence}” once, got {done.stderr.strip()!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=300, help="rounds of a run (300)")
    parser.add_argument("--kills", type=int, default=3, help="ranks to kill (3)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument(
        "--federated", type=Path, metavar="PROGRAM",
        default=Path(__file__).resolve().parent.parent / ".build-mpi/release/federated")
    options = parser.parse_args()
    program = options.federated
    if not program.is_file():
        sys.exit(f"mpi_test.py: there is no program {program}: make mpi makes it")
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="mpi-test-") as name:
        work = Path(name)
        write_images(work / "images", chance)
        try:
            alone = {}
            for strategy in STRATEGIES:
                alone[strategy] = whole(program, work, None, strategy, options.rounds)
                for ranks in [1, 2, 3, 5]:
                    differences = differing(
                        whole(program, work, ranks, strategy, options.rounds), alone[strategy])
                    if differences:
                        raise Failure(
                            f"{strategy}, {ranks} ranks differ in " + ", ".join(differences))
            seconds = []
            for number in range(options.kills):
                folder = f"killed-{number}"
                strategy = list(STRATEGIES)[number % len(STRATEGIES)]
                seconds.append(killed(program, work, folder, strategy, options.rounds, chance))
                differences = differing(result(work / folder), alone[strategy])
                if differences:
                    raise Failure(
                        f"{strategy}, killed and resumed, differs in " + ", ".join(differences))
            common = settings(work, work / "refused", "fednova", 2)
            refused(program, work, "--transport http is one process's", *common,
                    "--transport", "http")
            refused(program, work, "there is no", "--dataset", str(work / "nowhere"))
        except Failure as failure:
            sys.exit(f"mpi_test.py: {failure}")
    print(
        f"runs of {options.rounds} rounds of {', '.join(STRATEGIES)} with 1, 2, 3 and 5 ranks: "
        f"the bits and the log of one process; {options.kills} ranks killed: their jobs ended after "
        f"{', '.join(f'{second:.1f}' for second in seconds)} s, and resumed to the same bits")


if __name__ == "__main__":
    main()
