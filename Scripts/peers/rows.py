"""What is compared: jobs, the figures that they yield, and rows of ratios with their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from common import CIFAR_SHAPE, MCMAHAN, MNIST_SHAPE, NIID, REFERENCE, RESNET

PEER_NAMES = {"torch": "PyTorch", "keras": "Keras", "flower": "Flower"}


class Job(NamedTuple):
    """One process's work in a turn, or that of several at once."""

    program: str  # bench, run, torch 2×1 (processes × threads), torch 1×2, keras, flower
    model: str = REFERENCE
    batch: int = 8
    shape: tuple[int, int, int] = MNIST_SHAPE

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
    name: str,
    *programs: str,
    batches: tuple[int, ...] = (8,),
    model: str = REFERENCE,
    shape: tuple[int, int, int] = MNIST_SHAPE,
) -> tuple[Figure, ...]:
    return tuple(
        Figure(Job(program, model, batch, shape), name)
        for batch in batches
        for program in programs
    )


ALL_PEERS = ("torch 2×1", "torch 1×2", "keras")


def better_of_peers(number: int, batch: int) -> Row:
    ours = figures("training", "bench", batches=(batch,))
    theirs = figures("training", *ALL_PEERS, batches=(batch,))
    name = f"training, batch {batch} ÷ better of PyTorch, Keras"
    return Row(number, name, ours, theirs, 6)


def of_cifar(number: int, name: str, model: str, batch: int) -> Row:
    """Training on images of CIFAR's shape, against the better peer."""
    ours, theirs = (
        figures("training", *programs, batches=(batch,), model=model, shape=CIFAR_SHAPE)
        for programs in (("bench",), ALL_PEERS)
    )
    name = f"{name} on 32×32×3, batch {batch} ÷ better of PyTorch, Keras"
    return Row(number, name, ours, theirs, 4)


def of_cifar_to_limit(number: int, name: str, model: str, batch: int) -> Row:
    """The same against what OpenBLAS's peak would allow if every product were computed."""
    ours, limit = (
        figures(figure, "bench", batches=(batch,), model=model, shape=CIFAR_SHAPE)
        for figure in ("training", "dense limit")
    )
    return Row(number, f"{name} on 32×32×3, batch {batch} ÷ dense limit", ours, limit, 1)


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
    of_cifar(8, "reference CNN", REFERENCE, 10),
    of_cifar(8, "reference CNN", REFERENCE, 64),
    of_cifar(9, "NIID-Bench's CNN", NIID, 64),
    of_cifar(10, "group-norm ResNet", RESNET, 32),
    of_cifar_to_limit(11, "NIID-Bench's CNN", NIID, 64),
    of_cifar_to_limit(11, "group-norm ResNet", RESNET, 32),
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
                item[0].shape,
                item[0].model != REFERENCE,
                item[0].model,
                item[0].batch,
                order.index(item[0].program),
            ),
        )
    )
