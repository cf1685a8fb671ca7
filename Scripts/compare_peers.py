#!/usr/bin/env python3
"""Measures `federated` against PyTorch, Keras and Flower on this machine, doing the same work.

Ours and the peers take turns (A B A B …), so that a machine whose speed drifts drifts under both;
a ratio is taken within a turn. The peers live in .venv-peers, made when first needed; each
measurement is a process of its own, started by this script from this file.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv-peers"
REQUIREMENTS = PROJECT / "Scripts" / "requirements-peers.txt"
# The targets are for two cores, so both sides get two, however many there are.
CORES = 2
REFERENCE, MCMAHAN = "reference-cnn", "mcmahan-cnn"
PEER_NAMES = {"torch": "PyTorch", "keras": "Keras", "flower": "Flower"}


class Failure(Exception):
    """Something that could not be measured: one sentence."""


# MARK: What is compared


class Job(NamedTuple):
    """One process's work in a turn, or that of several at once."""

    program: str  # bench, run, torch 2×1 (processes × threads), torch 1×2, keras, flower
    model: str = REFERENCE
    batch: int = 8

    @property
    def peer(self) -> str | None:
        name = self.program.split()[0]
        return name if name in PEER_NAMES else None


class Figure(NamedTuple):
    """A number that a job yields: images a second, or seconds."""

    job: Job
    name: str  # training, evaluation, dense limit, seconds


@dataclass(frozen=True)
class Row:
    """A ratio with a target: the best of ours to the best of theirs."""

    number: int
    name: str
    ours: tuple[Figure, ...]
    theirs: tuple[Figure, ...]
    target: float

    @property
    def is_time(self) -> bool:
        return self.ours[0].name == "seconds"

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.ours + self.theirs

    @property
    def peers(self) -> set[str]:
        return {figure.job.peer for figure in self.figures if figure.job.peer}

    def values(self, turn: dict[Figure, float]) -> tuple[float, float, float]:
        """Ours, theirs, and how many times faster ours is, in one turn."""
        best = min if self.is_time else max
        ours = best(turn[figure] for figure in self.ours)
        theirs = best(turn[figure] for figure in self.theirs)
        return ours, theirs, theirs / ours if self.is_time else ours / theirs


def figures(
    name: str, *programs: str, batches: tuple[int, ...] = (8,), model: str = REFERENCE
) -> tuple[Figure, ...]:
    return tuple(
        Figure(Job(program, model, batch), name) for batch in batches for program in programs
    )


ALL_PEERS = ("torch 2×1", "torch 1×2", "keras")


def better_of_peers(number: int, batch: int) -> Row:
    ours = figures("training", "bench", batches=(batch,))
    theirs = figures("training", *ALL_PEERS, batches=(batch,))
    name = f"training, batch {batch} ÷ better of PyTorch, Keras"
    return Row(number, name, ours, theirs, 6)


OURS = figures("training", "bench")
TWO_TORCH = figures("training", "torch 2×1")
ROWS = [
    Row(1, "training, batch 8 ÷ two PyTorch processes", OURS, TWO_TORCH, 8),
    Row(2, "training, batch 8 ÷ Keras, two threads", OURS, figures("training", "keras"), 15),
    better_of_peers(3, 32),
    better_of_peers(3, 128),
    Row(
        4,
        "evaluation ÷ better of PyTorch, Keras",
        figures("evaluation", "bench", batches=(32, 128)),
        figures("evaluation", *ALL_PEERS, batches=(32, 128)),
        8,
    ),
    Row(
        5,
        "McMahan's CNN, batch 10 ÷ two PyTorch processes",
        figures("training", "bench", batches=(10,), model=MCMAHAN),
        figures("training", "torch 2×1", batches=(10,), model=MCMAHAN),
        4,
    ),
    Row(6, "training, batch 8 ÷ dense limit", OURS, figures("dense limit", "bench"), 2.5),
    Row(
        7,
        "run of experiment 1, seconds: Flower's ÷ ours",
        figures("seconds", "run"),
        figures("seconds", "flower"),
        10,
    ),
]


def jobs_of(rows: list[Row]) -> dict[Job, list[str]]:
    """The jobs that rows need, each with its figures' names; those to compare side by side."""
    needed: dict[Job, list[str]] = {}
    for figure in (figure for row in rows for figure in row.figures):
        names = needed.setdefault(figure.job, [])
        if figure.name not in names:
            names.append(figure.name)
    order = ["bench", "torch 2×1", "torch 1×2", "keras", "run", "flower"]
    return dict(
        sorted(
            needed.items(),
            key=lambda item: (
                item[0].program in ("run", "flower"),
                item[0].model != REFERENCE,
                item[0].batch,
                order.index(item[0].program),
            ),
        )
    )


# MARK: Processes


def peer_python() -> Path:
    return ENVIRONMENT / "bin" / "python"


def peer_environment(threads: int) -> dict[str, str]:
    """This environment, with the threads a peer may use; nothing is reported to anyone."""
    count = str(threads)
    path = [str(Path(__file__).resolve().parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_HOME": str(ENVIRONMENT / "flower"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }


@contextmanager
def limited(processes: list[subprocess.Popen[str]], seconds: float) -> Iterator[None]:
    """Ends processes, each with what it started, after so many seconds or when the body is left."""

    def end() -> None:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        end()
        for process in processes:
            process.wait()


def last_line(file: Any) -> str:
    file.seek(0)
    lines = [line.strip() for line in file.read().splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def next_answer(process: subprocess.Popen[str], errors: Any) -> str:
    """A worker's next line that is meant for us: `ready`, or its JSON."""
    for line in process.stdout or ():
        if line.strip() == "ready" or line.startswith("{"):
            return line.strip()
    process.wait()
    if process.returncode == -signal.SIGKILL:
        raise Failure("it took too long, or another killed it")
    raise Failure(f"it ended with status {process.returncode}: {last_line(errors)}")


def start_together(processes: list[subprocess.Popen[str]], errors: Any) -> None:
    """Waits until all are warm, then gives them the moment to begin at."""
    for process in processes:
        next_answer(process, errors)
    start = time.monotonic() + 0.05
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start}\n")
        process.stdin.flush()


def run_workers(
    kind: str, count: int, spec: dict[str, Any], starts: int, limit_seconds: float
) -> list[dict[str, Any]]:
    """The answers of `count` workers that begin each of `starts` measurements together."""
    command = [str(peer_python()), str(Path(__file__).resolve()), f"_{kind}", json.dumps(spec)]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=peer_environment(spec["threads"]),
                start_new_session=True,
            )
            for _ in range(count)
        ]
        with limited(processes, limit_seconds):
            for _ in range(starts):
                start_together(processes, errors)
            answers = [json.loads(next_answer(process, errors)) for process in processes]
            for process in processes:
                process.communicate()
            return answers


# MARK: The peers' environment


def quiet(command: list[str]) -> bool:
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return result.returncode == 0


def requirements() -> list[str]:
    lines = (line.split("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line]


def make_environment() -> None:
    """Makes .venv-peers with the pinned packages unless it is there; what cannot be had is left."""
    stamp = ENVIRONMENT / "requirements.installed"
    if stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes():
        if quiet([str(peer_python()), "-c", ""]):
            return
    say(f"Installing the peers into {ENVIRONMENT.name}, once; this takes minutes …")
    if not quiet([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]):
        raise Failure("Python's venv module could not make an environment (Debian: python3-venv)")
    pip = [str(peer_python()), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    if not quiet([*pip, "-r", str(REQUIREMENTS)]):
        # One that is not to be had must not take the others with it; no stamp, to try again.
        for requirement in requirements():
            if not quiet([*pip, requirement]):
                say(f"  not to be had here: {requirement}")
        return
    stamp.write_bytes(REQUIREMENTS.read_bytes())


# MARK: Measuring


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
        command = ["bench", "--json", "--quick", "--repeats", "1", "--batch-sizes", "1"]
        report = json.loads(federated(self.options.federated, command))
        self.machine = {key: report[key] for key in ("cpu", "blasCore", "simd")}

    def measure(self, job: Job, names: list[str]) -> dict[Figure, float]:
        values = {"bench": self.bench, "run": self.run}.get(job.program, self.peer)(job, names)
        return {Figure(job, name): values[name] for name in names}

    def bench(self, job: Job, names: list[str]) -> dict[str, float]:
        options = self.options
        # A repeat of the bench measures each of six things for 0.3 s; it tells their medians.
        repeats = "1" if options.quick else str(max(3, round(options.seconds)))
        command = ["bench", "--json", "--model", job.model, "--batch-sizes", str(job.batch)]
        command += ["--threads", str(CORES), "--repeats", repeats]
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
        count, starts, limit = 1, len(names), 300 + 20 * self.options.seconds
        if kind == "torch":
            count, spec["threads"] = (int(number) for number in shape.split("×"))
        elif kind == "flower":
            spec |= self.experiment
            starts, limit = 0, 3600
        answers = run_workers(kind, count, spec, starts, limit)
        self.about[job.program + f", {job.model}, batch {job.batch}"] = answers[0]["about"]
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


# MARK: Results


def summarise(row: Row, turns: list[dict[Figure, float]]) -> dict[str, Any]:
    ours, theirs, ratios = zip(*(row.values(turn) for turn in turns))
    return {
        "row": row.number,
        "name": row.name,
        "unit": "s" if row.is_time else "images/s",
        "ours": ours,
        "peer": theirs,
        "ratios": ratios,
        "minimum": min(ratios),
        "median": statistics.median(ratios),
        "maximum": max(ratios),
        "target": row.target,
        "reached": statistics.median(ratios) >= row.target,
    }


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    heading = f"{'ours':>9}{'peer':>9}{'min':>8}{'median':>8}{'max':>8}{'target':>8}"
    width = max((len(result["name"]) for result in results), default=0)
    yield f"     {'':{width}}{heading}"
    for result in results:
        digits = 1 if result["unit"] == "s" else 0
        speeds = (statistics.median(result[side]) for side in ("ours", "peer"))
        cells = "".join(f"{speed:9,.{digits}f}" for speed in speeds)
        cells += "".join(f"{result[key]:8.2f}" for key in ("minimum", "median", "maximum"))
        verdict = "reached" if result["reached"] else "short"
        target = f"≥ {result['target']:g}"
        yield f"  {result['row']}  {result['name']:{width}}{cells}{target:>8}  {verdict}"


def left_out(rows: list[Row], session: Session) -> Iterator[str]:
    for peer, reason in session.missing.items():
        numbers = sorted({row.number for row in rows if peer in row.peers})
        listed = ", ".join(map(str, numbers))
        yield f"{PEER_NAMES[peer]} is left out, and with it row {listed}: {reason}"


def describe_machine(session: Session) -> Iterator[str]:
    kind, load = session.machine, os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"  machine   {kind['cpu']}, {cores} cores ({CORES} used), load {load:.1f} at the start"
    core_type = os.environ.get("OPENBLAS_CORETYPE", "not set")
    yield (
        f"  ours      BLAS core {kind['blasCore']} (OPENBLAS_CORETYPE: {core_type}), "
        f"vectors {kind['simd']}"
    )


def report(session: Session, rows: list[Row], turns: list[dict[Figure, float]]) -> None:
    results = [
        summarise(row, turns) for row in rows if not row.peers & session.missing.keys()
    ]
    say("", *(f"  {name}: {text}" for name, text in session.about.items()))
    say("", f"  medians of {len(turns)} turns; ratios taken within a turn, min/median/max:")
    say(*table(results))
    sentences = list(left_out(rows, session))
    say(*(f"  {sentence}" for sentence in sentences))
    if session.options.json:
        document = {
            "machine": session.machine | {"coreType": os.environ.get("OPENBLAS_CORETYPE")},
            "peers": session.about,
            "quick": session.options.quick,
            "repeats": len(turns),
            "seconds": session.options.seconds,
            "rows": results,
            "leftOut": sentences,
        }
        session.options.json.write_text(json.dumps(document, indent=2) + "\n")


def say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# MARK: Data


IDX_NAMES = {
    part: (f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte")
    for part, prefix in {"train": "train", "test": "t10k"}.items()
}


def idx_file(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / f"{name}.gz", folder / name) if p.is_file()), None)


def find_data(folder: Path) -> str | None:
    """The folder that has the four IDX files: this one, or `mnist` in it."""
    names = [name for part in IDX_NAMES.values() for name in part]
    for candidate in (folder, folder / "mnist"):
        if all(idx_file(candidate, name) for name in names):
            return str(candidate)
    return None


def read_idx(folder: str, name: str) -> Any:
    import numpy

    path = idx_file(Path(folder), name)
    assert path
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    shape = numpy.frombuffer(content, ">i4", content[3], 4)
    return numpy.frombuffer(content, "u1", offset=4 + 4 * content[3]).reshape(shape)


@functools.lru_cache
def load(folder: str | None, part: str) -> tuple[Any, Any]:
    """Images as float32 in 0…1, [N][28][28], and labels; without a folder random, 20% ink."""
    import numpy

    if folder:
        images, labels = (read_idx(folder, name) for name in IDX_NAMES[part])
        return images.astype("f4") / 255, labels.astype("i8")
    random = numpy.random.default_rng(1)
    shape = (10_000, 28, 28)
    images = random.random(shape, "f4") * (random.random(shape, "f4") < 0.2)
    return images, numpy.arange(shape[0], dtype="i8") % 10


# MARK: Workers, run by the peers' Python


def wait_for_start() -> None:
    """Says that the warm-up is over, and waits until all workers are to begin."""
    print("ready", flush=True)
    time.sleep(max(0.0, float(sys.stdin.readline()) - time.monotonic()))


def rate(step: Callable[[], int], seconds: float) -> float:
    """Images a second of a step that returns its images."""
    start = now = time.monotonic()
    done = 0
    while now - start < seconds:
        done += step()
        now = time.monotonic()
    return done / (now - start)


def torch_model(name: str) -> Any:
    from torch import nn

    if name == MCMAHAN:
        return nn.Sequential(
            *(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(inplace=True), nn.Linear(512, 10)),
        )
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(inplace=True)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(0.25)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(inplace=True), nn.Dropout(0.5)),
        nn.Linear(128, 10),
    )


def torch_tensors(folder: str | None, part: str) -> tuple[Any, Any]:
    import torch

    images, labels = load(folder, part)
    return torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels)


def torch_epoch(
    model: Any, optimiser: Any, images: Any, labels: Any, batch: int
) -> Iterator[int]:
    """One epoch of shuffled batches, yielding after each the images it had."""
    import torch

    model.train()
    for chosen in torch.randperm(len(images)).split(batch):
        optimiser.zero_grad()
        scores = model(images.index_select(0, chosen))
        torch.nn.functional.cross_entropy(scores, labels.index_select(0, chosen)).backward()
        optimiser.step()
        yield len(chosen)


def torch_evaluation(model: Any, images: Any, labels: Any, batch: int) -> Iterator[tuple[int, Any]]:
    """One pass over images in order, yielding each batch's images and its loss and hits."""
    import torch

    model.eval()
    with torch.inference_mode():
        for x, y in zip(images.split(batch), labels.split(batch)):
            scores = model(x)
            loss = torch.nn.functional.cross_entropy(scores, y, reduction="sum")
            yield len(x), (loss, (scores.argmax(1) == y).sum())


def endlessly(batches: Callable[[], Iterator[int]]) -> Callable[[], int]:
    """A step that takes the next batch, of the next epoch when one is over."""
    endless = (count for _ in iter(int, 1) for count in batches())
    return lambda: next(endless)


class TorchBench:
    """PyTorch's steps in the forms that might be fastest: memory layouts, fused SGD or not."""

    def __init__(self, spec: dict[str, Any]) -> None:
        import torch

        torch.set_num_threads(spec["threads"])
        torch.manual_seed(1)
        self.spec, self.batch = spec, spec["batch"]
        self.images, self.labels = torch_tensors(spec["data"], "train")

    def model(self, layout: str) -> Any:
        import torch

        return torch_model(self.spec["model"]).to(memory_format=getattr(torch, layout))

    def training(self, layout: str, fused: bool) -> Callable[[], int]:
        import torch

        model = self.model(layout)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, fused=fused)
        return endlessly(
            lambda: torch_epoch(model, optimiser, self.images, self.labels, self.batch)
        )

    def evaluation(self, layout: str) -> Callable[[], int]:
        model = self.model(layout)
        return endlessly(
            lambda: (
                count
                for count, _ in torch_evaluation(model, self.images, self.labels, self.batch)
            )
        )

    def candidates(self, name: str) -> dict[str, Callable[[], int]]:
        layouts = ["contiguous_format", "channels_last"]
        if name == "evaluation":
            return {layout: self.evaluation(layout) for layout in layouts}
        return {
            layout + (", fused SGD" if fused else ""): self.training(layout, fused)
            for layout in layouts
            for fused in (False, True)
        }

    def fastest(self, name: str) -> tuple[str, Callable[[], int]]:
        """The form to measure; trying them all, in turns, is the warm-up."""
        trial = min(0.25, self.spec["seconds"] / 12)
        candidates = self.candidates(name)
        rates: dict[str, list[float]] = {form: [] for form in candidates}
        for _ in range(4):
            for form, step in candidates.items():
                rates[form].append(rate(step, trial))
        best = max(candidates, key=lambda form: max(rates[form]))
        return best, candidates[best]


def torch_worker(spec: dict[str, Any]) -> dict[str, Any]:
    import torch

    bench = TorchBench(spec)
    answer: dict[str, Any] = {}
    forms = []
    for name in spec["names"]:
        form, step = bench.fastest(name)
        wait_for_start()
        answer[name] = rate(step, spec["seconds"])
        forms.append(f"{name} {form}")
    about = f"PyTorch {torch.__version__}, {'; '.join(forms)}; no torch.compile"
    return answer | {"about": about}


def keras_model(name: str) -> Any:
    from keras import Input, Sequential, layers

    def convolution(filters: int, side: int, padding: str = "valid") -> Any:
        return layers.Conv2D(filters, side, padding=padding, activation="relu")

    if name == MCMAHAN:
        parts = [convolution(32, 5, "same"), layers.MaxPooling2D(2)]
        parts += [convolution(64, 5, "same"), layers.MaxPooling2D(2)]
        parts += [layers.Flatten(), layers.Dense(512, activation="relu")]
    else:
        parts = [convolution(32, 3), convolution(64, 3), layers.MaxPooling2D(2)]
        parts += [layers.Dropout(0.25), layers.Flatten(), layers.Dense(128, activation="relu")]
        parts += [layers.Dropout(0.5)]
    return Sequential([Input((28, 28, 1)), *parts, layers.Dense(10)])


def keras_rate(call: Callable[..., Any], model: Any, batch: int, seconds: float) -> float:
    """Images a second of fit or evaluate, from the end of its first batch on."""
    from keras.callbacks import Callback

    class Clock(Callback):
        batches = -1
        start = now = 0.0

        def count(self) -> None:
            self.now = time.monotonic()
            self.start = self.start or self.now
            self.batches += 1
            if self.now - self.start >= seconds:
                model.stop_training = model.stop_evaluating = True

        def on_train_batch_end(self, step: int, logs: Any = None) -> None:
            self.count()

        def on_test_batch_end(self, step: int, logs: Any = None) -> None:
            self.count()

    clock = Clock()
    call(batch_size=batch, callbacks=[clock], verbose=0)
    return clock.batches * batch / (clock.now - clock.start)


def keras_worker(spec: dict[str, Any]) -> dict[str, Any]:
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(spec["threads"])
    keras.utils.set_random_seed(1)
    images, labels = load(spec["data"], "train")
    data = (images[..., None], labels)
    model = keras_model(spec["model"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    answer: dict[str, Any] = {}
    for name in spec["names"]:
        # Hits are counted where ours counts them for a purpose.
        metrics = ["accuracy"] if name == "evaluation" else []
        model.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss, metrics=metrics)
        if name == "evaluation":
            call = functools.partial(model.evaluate, *data)
        else:
            call = functools.partial(model.fit, *data, epochs=10_000)
        keras_rate(call, model, spec["batch"], min(0.5, spec["seconds"] / 4))
        wait_for_start()
        answer[name] = keras_rate(call, model, spec["batch"], spec["seconds"])
    versions = f"Keras {keras.__version__}, TensorFlow {tensorflow.__version__}"
    return answer | {"about": f"{versions}, jit_compile {model.jit_compile}"}


# MARK: Flower


def uniform_shard(labels: Any, samples: int, seed: tuple[int, ...]) -> Any:
    """Experiment 1's draw: as many images of each class."""
    import numpy

    random = numpy.random.default_rng(seed)
    classes = (numpy.flatnonzero(labels == digit) for digit in range(10))
    return numpy.concatenate([random.choice(of, samples // 10, replace=False) for of in classes])


def torch_accuracy(model: Any, folder: str | None) -> float:
    images, labels = torch_tensors(folder, "test")
    batches = torch_evaluation(model, images, labels, 128)
    return float(sum(hits for _, (_, hits) in batches)) / len(images)


def flower_model(arrays: Any) -> Any:
    import torch

    # The layout that wins the trials of TorchBench, mostly in training, always in evaluation.
    model = torch_model(REFERENCE).to(memory_format=torch.channels_last)
    model.load_state_dict(arrays.to_torch_state_dict())
    return model


def flower_train(message: Any, context: Any) -> Any:
    """A client's round: trains, then evaluates what it has learnt, as ours do.

    The first round warms up: processes, libraries and data are there when the second begins.
    """
    import torch
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict

    torch.set_num_threads(1)
    config = message.content["config"]
    folder = config["data"] or None
    warm_up = config["server-round"] == 1
    model = flower_model(message.content["arrays"])
    images, labels = torch_tensors(folder, "train")
    samples = 10 if warm_up else config["samples"]
    seed = (context.node_config["partition-id"], config["server-round"])
    chosen = torch.from_numpy(uniform_shard(labels.numpy(), samples, seed))
    images, labels = images[chosen], labels[chosen]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0 if warm_up else 0.01, fused=True)
    for _ in range(1 if warm_up else config["epochs"]):
        for _ in torch_epoch(model, optimiser, images, labels, config["batch"]):
            pass
    load(folder, "test")
    accuracy = 0.0 if warm_up else torch_accuracy(model, folder)
    content = RecordDict(
        {
            "arrays": ArrayRecord(model.state_dict()),
            "metrics": MetricRecord({"accuracy": accuracy, "num-examples": samples}),
        }
    )
    return Message(content=content, reply_to=message)


class FlowerServer:
    """Federated averaging for the rounds asked for, and one more before them to warm up."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.start = self.end = 0.0
        self.accuracy: list[float] = []
        self.replies = 0

    def run(self, grid: Any, context: Any) -> None:
        import torch
        from flwr.app import ArrayRecord, ConfigRecord
        from flwr.serverapp.strategy import FedAvg

        server, spec = self, self.spec
        torch.set_num_threads(CORES)
        torch.manual_seed(1)

        class TimedAveraging(FedAvg):
            def configure_train(self, server_round: int, *rest: Any) -> Any:
                if server_round == 2:
                    server.start = time.monotonic()
                return super().configure_train(server_round, *rest)

            def aggregate_train(self, server_round: int, replies: Any) -> Any:
                replies = list(replies)
                if server_round > 1:
                    server.replies += sum(not reply.has_error() for reply in replies)
                return super().aggregate_train(server_round, replies)

        config = {key: spec[key] for key in ("epochs", "samples", "batch")}
        TimedAveraging(fraction_evaluate=0.0, min_available_nodes=spec["clients"]).start(
            grid=grid,
            initial_arrays=ArrayRecord(torch_model(REFERENCE).state_dict()),
            num_rounds=1 + spec["rounds"],
            train_config=ConfigRecord(config | {"data": spec["data"] or ""}),
            evaluate_fn=self.evaluate,
        )

    def evaluate(self, server_round: int, arrays: Any) -> None:
        if server_round == 0:
            return
        model = flower_model(arrays)
        self.accuracy.append(torch_accuracy(model, self.spec["data"]))
        self.end = time.monotonic()


def flower_worker(spec: dict[str, Any]) -> dict[str, Any]:
    import flwr
    import torch
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.simulation import run_simulation

    server = FlowerServer(spec)
    server_app, client_app = ServerApp(), ClientApp()
    server_app.main()(server.run)
    client_app.train()(flower_train)
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        ray = {"num_cpus": CORES, "include_dashboard": False, "log_to_driver": False}
        backend = {
            "init_args": ray | {"_temp_dir": folder},
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
        }
        run_simulation(server_app, client_app, spec["clients"], backend_config=backend)
    expected = spec["clients"] * spec["rounds"]
    if server.replies != expected:
        raise Failure(f"{server.replies} of {expected} updates came")
    about = f"Flower {flwr.__version__} with PyTorch {torch.__version__}, run_simulation on Ray"
    about += f"; accuracy {server.accuracy[-1]:.4f}"
    return {"seconds": server.end - server.start, "about": about}


def work(kind: str, spec: dict[str, Any]) -> None:
    # By its module's name, so that Ray's processes import this file instead of unpickling it.
    import compare_peers as module

    print(json.dumps(getattr(module, f"{kind}_worker")(spec)), flush=True)


# MARK: The command


def parse(arguments: list[str]) -> argparse.Namespace:
    rows = "\n".join(f"  {row.number}  {row.name}, target ≥ {row.target:g}" for row in ROWS)
    parser = argparse.ArgumentParser(
        description="Measure federated against PyTorch, Keras and Flower on this machine.",
        epilog=f"rows:\n{rows}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    numbers = sorted({row.number for row in ROWS})
    add = parser.add_argument
    add("--repeats", type=int, default=5, help="turns, each measuring everything once (5)")
    add("--seconds", type=float, default=3, help="how long a measurement lasts (3)")
    add("--only", type=int, nargs="+", choices=numbers, metavar="ROW", help="only these rows")
    add("--with-flower", action="store_true", help="row 7 too, which takes minutes a turn")
    add("--quick", action="store_true", help="short windows and rounds, to try the script")
    add("--federated", type=Path, default=PROJECT / ".build/release/federated", metavar="PATH")
    add("--data-dir", type=Path, metavar="FOLDER", help="MNIST's IDX files, or their parent")
    add("--json", type=Path, metavar="OUT", help="write the results to this file, too")
    options = parser.parse_args(arguments)
    options.federated = options.federated.absolute()
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1, not {options.repeats}")
    if not 0 < options.seconds <= 600:
        parser.error(f"--seconds must be above 0 and at most 600, not {options.seconds:g}")
    if not os.access(options.federated, os.X_OK) or options.federated.is_dir():
        parser.error(f"--federated: {options.federated} is no program (make build makes it)")
    if options.data_dir and not find_data(options.data_dir):
        parser.error(f"--data-dir: {options.data_dir} does not have MNIST's four IDX files")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.absolute().parent}")
    return options


def data_folder(options: argparse.Namespace) -> str | None:
    default = os.environ.get("FEDERATED_DATA_DIR") or PROJECT.parent / "shared" / "data"
    return find_data(Path(options.data_dir or default).resolve())


def chosen_rows(options: argparse.Namespace) -> list[Row]:
    if options.only:
        return [row for row in ROWS if row.number in options.only]
    return [row for row in ROWS if row.number != 7 or options.with_flower]


def introduce(session: Session, rows: list[Row]) -> None:
    data = "MNIST" if session.data_dir else "random images, 20% of the pixels not blank"
    say("federated and its peers, the same work on both sides", *describe_machine(session))
    say(f"  data      peers: {data}; federated bench: generated digits")
    if session.options.quick:
        say("  quick     short windows and rounds: the figures say nothing")
    if all(row.number != 7 for row in rows) and not session.options.only:
        say("  row 7     left out, for it takes minutes: --with-flower measures it")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.quick:
        options.seconds, options.repeats = min(options.seconds, 0.5), min(options.repeats, 2)
    rows = chosen_rows(options)
    session = Session(options, data_folder(options))
    if any(row.peers for row in rows):
        try:
            make_environment()
        except Failure as failure:
            session.missing |= {peer: str(failure) for row in rows for peer in row.peers}
    session.note_machine()
    introduce(session, rows)
    report(session, rows, measure_turns(session, rows))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("_torch", "_keras", "_flower"):
        work(sys.argv[1][1:], json.loads(sys.argv[2]))
    else:
        try:
            sys.exit(main(sys.argv[1:]))
        except KeyboardInterrupt:
            sys.exit(130)
