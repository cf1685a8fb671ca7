"""MNIST's IDX files, and who has which of its images."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np


def read(folder: str, name: str, header: int) -> np.ndarray:
    """An IDX file as rows of bytes, with .gz or without."""
    packed = Path(folder) / f"{name}.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.is_file() \
        else (Path(folder) / name).read_bytes()
    count = int.from_bytes(data[4:8], "big")
    return np.frombuffer(data[header:], np.uint8).reshape(count, -1)


def load(folder: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images as rows of numbers from 0 to 1, and labels."""
    images = read(folder, f"{part}-images-idx3-ubyte", 16).astype(np.float32) / 255
    return images, read(folder, f"{part}-labels-idx1-ubyte", 8)[:, 0]


def indices(parts: str, client: int) -> np.ndarray:
    """Which images a client has; both count from 0."""
    lines = [line.split(",") for line in Path(parts).read_text().split()]
    return np.array([int(index) for owner, index in lines if owner == str(client)])
