"""The rows of published speed tables that simulators are measured on: settings, counts, targets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from common import CIFAR_SHAPE, MNIST_SHAPE, NIID, REFERENCE

LOGISTIC, DENSE = "logistic-regression", "dense-200-200"
# How many times as fast as each simulator ours is to be, in every row.
TARGETS = {"flower": 5.0, "pfl": 5.0, "blazefl": 3.0}
NAMES = {"flower": "Flower", "pfl": "pfl-research", "blazefl": "BlazeFL"}


@dataclass(frozen=True)
class SimulatorRow:
    """A row: what a client trains, how many there are, and how many rounds are measured of it."""

    id: str
    name: str
    source: str
    model: str
    parameters: int
    shape: tuple[int, int, int]
    classes: int
    population: int
    cohort: int
    batch: int
    epochs: int
    rate: float
    # Images of a client: the mean, and the spread of their logarithm (0: all alike).
    images: float
    spread: float
    # Rounds of a simulator that are timed, after one that warms up; and how many times as many of
    # ours are, which are short and tested once at their end.
    rounds: int
    ours: int
    quick_rounds: int = 1
    # The layout of images and weights with which PyTorch trains the model faster on a CPU.
    channels_last: bool = False

    def spec(self) -> dict[str, Any]:
        """What a worker is told of it."""
        return asdict(self)


ROWS = [
    SimulatorRow(
        *("S1", "LR_MNIST", "FLUTE's README", LOGISTIC, 7_850, MNIST_SHAPE, 10),
        *(1_000, 10, 10, 1, 0.03),
        *(69.035, 0.9),
        rounds=25,
        ours=4,
        quick_rounds=5,
    ),
    SimulatorRow(
        *("S2", "CNN_FEMNIST", "FLUTE's README", REFERENCE, 1_206_590, MNIST_SHAPE, 62),
        *(3_400, 10, 20, 1, 0.1),
        *(197.525, 0.2),
        rounds=3,
        ours=10,
        channels_last=True,
    ),
    SimulatorRow(
        *("S3", "CIFAR-10, LeNet", "BlazeFL's README", NIID, 62_006, CIFAR_SHAPE, 10),
        *(100, 100, 50, 5, 0.1),
        *(500.0, 0.0),
        rounds=1,
        ours=2,
    ),
    SimulatorRow(
        *("S4", "CIFAR-10 IID", "pfl-research, table 1", REFERENCE, 1_626_442, CIFAR_SHAPE, 10),
        *(1_000, 50, 10, 1, 0.1),
        *(50.0, 0.0),
        rounds=2,
        ours=4,
        channels_last=True,
    ),
    SimulatorRow(
        *("S5", "EMNIST_DENSE, APFL", "FedJAX's README", DENSE, 209_662, MNIST_SHAPE, 62),
        # Two epochs of one model: as many gradients and steps as APFL's two models take.
        *(3_400, 340, 20, 2, 0.001),
        *(197.525, 0.2),
        rounds=1,
        ours=4,
    ),
]


def rows_named(text: str) -> list[SimulatorRow]:
    """The rows of a list like S1,S3, in the tables' order; ValueError names one that is none."""
    names = [name.strip().upper() for name in text.split(",")]
    known = [row.id for row in ROWS]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no row “{name}”: expected some of {', '.join(known)}")
    return [row for row in ROWS if row.id in names]
