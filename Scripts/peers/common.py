"""What all of the comparison knows: where the project is, its words on the terminal, its failures."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# The targets are for two cores, so both sides get two, however many there are.
CORES = 2
REFERENCE, MCMAHAN, NIID, RESNET = "reference-cnn", "mcmahan-cnn", "niid-cnn", "resnet"
# Height, width and channels of MNIST's images and of CIFAR's.
MNIST_SHAPE, CIFAR_SHAPE = (28, 28, 1), (32, 32, 3)


class Failure(Exception):
    """Something that could not be measured: one sentence."""


def say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
