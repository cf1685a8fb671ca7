"""What the checks of this folder share: their failures, and small images."""

from __future__ import annotations

import random
import struct
from pathlib import Path


class Failure(Exception):
    """Something that must not happen, in one sentence."""


def write_images(folder: Path, chance: random.Random) -> None:
    """Four IDX files: images of 8×8, in each of which its class's rows are bright."""
    folder.mkdir()
    for part, count in [("train", 400), ("t10k", 100)]:
        labels = bytes(index % 10 for index in range(count))
        pixels = bytearray()
        for label in labels:
            for place in range(64):
                bright = 150 if place // 6 == label else 0
                pixels.append(bright + chance.randrange(100))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", 0x803, count, 8, 8) + pixels)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, count) + labels)
