"""The generated digits that a run without MNIST takes, as arrays."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy

from .errors import ProgramError
from .program import find_program, said

TRAIN, TEST, SIDE = 60_000, 10_000, 28


class Digits(NamedTuple):
    """Images [count][28][28] and labels 0 to 9, bytes both."""

    x_train: numpy.ndarray
    y_train: numpy.ndarray
    x_test: numpy.ndarray
    y_test: numpy.ndarray


def digits() -> Digits:
    """The digits of `dataset="digits"`: what a client of one's own trains on where MNIST is not at hand."""
    with tempfile.TemporaryDirectory() as folder:
        # The program keeps them in its cache: here one of its own, which is there for a moment.
        command = [find_program(), "data", "--dataset", "digits"]
        done = subprocess.run(command, env=os.environ | {"XDG_CACHE_HOME": folder}, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise ProgramError(said(done.stderr, "data", done.returncode))
        path = Path(folder) / "federated" / "digits" / "digits.bin"
        content = path.read_bytes() if path.is_file() else b""
    if len(content) != (TRAIN + TEST) * (1 + SIDE * SIDE):
        raise ProgramError(f"{command[0]} is of another version than this module: it keeps its digits in "
                           f"{len(content)} bytes")
    # Labels, then pixels, of those to train on and then of those to test on.
    flat, parts, at = numpy.frombuffer(content, numpy.uint8), [], 0
    for count in (TRAIN, TEST):
        labels, pixels = flat[at : at + count], flat[at + count : at + count * (1 + SIDE * SIDE)]
        parts += [pixels.reshape(count, SIDE, SIDE).copy(), labels.copy()]
        at += count * (1 + SIDE * SIDE)
    return Digits(*parts)
