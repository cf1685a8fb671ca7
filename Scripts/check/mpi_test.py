#!/usr/bin/env python3
"""Runs `federated run` over several ranks, and looks whether they agree with one process.

usage: Scripts/check/mpi_test.py [--federated PROGRAM] [--rounds R] [--kills N]

The same runs are made without MPI and with 1, 2, 3 and 5 ranks: models and logs must be the same but for
times, also where what the strategy keeps for each client travels between ranks. Then a rank of a run is
killed, N times: the job must end within seconds with one error of mpirun's, and the run, resumed with
another number of ranks, with the same bits. What ranks cannot do must be refused in one sentence, and so
must ranks that another MPI has started. Where Open MPI's header and its compiler are installed, what
Sources/CMPI says of its interface is held against it. The images are made here. One line at the end says
what came of it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_test import Result, differing, result
from test_support import Failure, write_images

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
REPOSITORY = Path(__file__).resolve().parents[2]
# What Sources/CMPI has written down, by the side of the header: types when it is compiled, values when it
# is run.
HEADER_CHECK = """
#include <mpi.h>
#include "mpi_calls.c"

#define TYPE(name) _Static_assert(__builtin_types_compatible_p( \\
    __typeof__(&MPI_##name), __typeof__(mpi.name)), "the type of MPI_" #name)
TYPE(Init_thread); TYPE(Finalize); TYPE(Abort); TYPE(Comm_rank); TYPE(Comm_size); TYPE(Bcast);
TYPE(Gather); TYPE(Scatter); TYPE(Send); TYPE(Recv); TYPE(Reduce);

#define VALUE(theirs, ours) if ((theirs) != (ours)) { puts(#theirs); return 1; }
int main(void) {
    const char *problem = cmpi_load();
    if (problem != NULL) { puts(problem); return 1; }
    VALUE((int)MPI_THREAD_FUNNELED, (int)thread_funneled)
    VALUE(MPI_IN_PLACE, in_place)
    VALUE(MPI_STATUS_IGNORE, status_ignore)
    VALUE(MPI_COMM_WORLD, mpi.world)
    VALUE(MPI_BYTE, mpi.byte)
    VALUE(MPI_INT64_T, mpi.int64)
    VALUE(MPI_SUM, mpi.sum)
    return 0;
}
"""
# Until when a job must have noticed that a rank is dead.
SECONDS_TO_NOTICE = 10.0


def header_agrees(work: Path) -> bool:
    """Whether there is a header to hold Sources/CMPI against; fails if it says something else."""
    compiler = shutil.which("mpicc")
    if compiler is None:
        return False
    probe = work / "probe.c"
    probe.write_text("#include <mpi.h>\n#ifndef OPEN_MPI\n#error another MPI\n#endif\n")
    if run([compiler, "-fsyntax-only", str(probe)]).returncode != 0:
        return False
    source = work / "header_check.c"
    source.write_text(HEADER_CHECK)
    target = REPOSITORY / "Sources/CMPI"
    # The words for Swift are Clang's. Without -fPIC the program would have copies of the handles.
    done = run([
        compiler, "-std=gnu17", "-fPIC", "-D_Nullable=", "-D_Nonnull=", f"-I{target}", f"-I{target}/include",
        str(source), "-ldl", "-o", str(work / "header_check")])
    if done.returncode == 0:
        done = run([str(work / "header_check")])
    if done.returncode != 0:
        raise Failure(f"Sources/CMPI and mpi.h differ: {(done.stdout + done.stderr).strip()}")
    return True


def command(program: Path, ranks: int | None, *options: str) -> list[str]:
    start = [] if ranks is None else ["mpirun", "-n", str(ranks)]
    return [*start, str(program), "run", *options]


def settings(work: Path, folder: Path, strategy: str, rounds: int) -> list[str]:
    return [
        "--dataset", str(work / "images"), "--partition", "dirichlet:0.5", "--clients", "12",
        "--cohort", "7", *STRATEGIES[strategy], "--model", "logistic-regression", "--epochs", "2",
        "--rounds", str(rounds), "--log-dir", str(folder), "--dropout-after", "0.1",
    ]


def run(arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=ENVIRONMENT | variables, capture_output=True, text=True, timeout=300)


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


def refused(sentence: str, arguments: list[str], **variables: str) -> None:
    done = run(arguments, **variables)
    said = [line for line in done.stderr.splitlines() if line.startswith("federated:")]
    if done.returncode == 0 or len(said) != 1 or sentence not in said[0]:
        raise Failure(f"{arguments}: expected “{sentence}” once, got {done.stderr.strip()!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=300, help="rounds of a run (300)")
    parser.add_argument("--kills", type=int, default=3, help="ranks to kill (3)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument(
        "--federated", type=Path, metavar="PROGRAM",
        default=REPOSITORY / ".build/release/federated")
    options = parser.parse_args()
    program = options.federated
    if not program.is_file():
        sys.exit(f"mpi_test.py: there is no program {program}: make build makes it")
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="mpi-test-") as name:
        work = Path(name)
        write_images(work / "images", chance)
        try:
            header = header_agrees(work)
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
            refused("--transport http is one process's",
                    command(program, 2, *common, "--transport", "http"))
            refused("there is no", command(program, 2, "--dataset", str(work / "nowhere")))
            # As the mpirun of another MPI starts its ranks.
            refused("Open MPI, the only MPI that is supported, sees no more than this one",
                    command(program, None, *common), PMI_RANK="0", PMI_SIZE="2")
        except Failure as failure:
            sys.exit(f"mpi_test.py: {failure}")
    print(
        f"runs of {options.rounds} rounds of {', '.join(STRATEGIES)} with 1, 2, 3 and 5 ranks: "
        f"the bits and the log of one process; {options.kills} ranks killed: their jobs ended after "
        f"{', '.join(f'{second:.1f}' for second in seconds)} s, and resumed to the same bits; "
        + ("Sources/CMPI agrees with mpi.h" if header else "no mpi.h to hold Sources/CMPI against"))


if __name__ == "__main__":
    main()
