"""MNIST's files for the peers, or random images of a shape."""

from __future__ import annotations

import functools
import gzip
from pathlib import Path
from typing import Any

from common import MNIST_SHAPE


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
def load(folder: str | None, part: str, size: tuple[int, ...] = MNIST_SHAPE) -> tuple[Any, Any]:
    """Images as float32 in 0…1, [N][H][W][C], and labels: MNIST's, where there is a folder and they are
    asked for; else random, in grey with 20% ink, in colour without a blank pixel, as photographs are."""
    import numpy

    if size[2] > 1:
        random = numpy.random.default_rng(1)
        return random.random((10_000, *size), "f4"), numpy.arange(10_000, dtype="i8") % 10
    if folder:
        images, labels = (read_idx(folder, name) for name in IDX_NAMES[part])
        return images.astype("f4")[..., None] / 255, labels.astype("i8")
    random = numpy.random.default_rng(1)
    shape = (10_000, *size)
    images = random.random(shape, "f4") * (random.random(shape, "f4") < 0.2)
    return images, numpy.arange(shape[0], dtype="i8") % 10
