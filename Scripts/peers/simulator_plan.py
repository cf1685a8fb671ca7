"""How many images each client of each round has: as many images and steps as ours had, exactly."""

from __future__ import annotations

import random
from math import ceil

from simulator_rows import SimulatorRow


class Mismatch(Exception):
    """Counts that cannot be the same on both sides: one sentence."""


def steps_of(row: SimulatorRow, sizes: list[int]) -> int:
    """The steps of clients that have so many images."""
    return row.epochs * sum(ceil(size / row.batch) for size in sizes)


def drawn(row: SimulatorRow, count: int, seed: int) -> list[int]:
    """Sizes from the row's distribution: log-normal around its mean, or the mean itself."""
    if row.spread == 0:
        return [round(row.images)] * count
    source = random.Random(seed)
    middle = row.images / (2.718281828 ** (row.spread**2 / 2))
    return [
        min(max(1, round(source.lognormvariate(0, row.spread) * middle)), round(8 * row.images))
        for _ in range(count)
    ]


def matched(row: SimulatorRow, sizes: list[int], images: int, steps: int) -> list[int]:
    """Sizes moved as little as it takes to have so many images in so many batches in all."""
    batches = [ceil(size / row.batch) for size in sizes]
    count = len(sizes)
    if not max(count, steps * row.batch - count * (row.batch - 1)) <= images <= steps * row.batch:
        raise Mismatch(f"{images:,} images in {steps:,} batches of {row.batch} are impossible")
    order = sorted(range(count), key=lambda index: -sizes[index])
    change = 1 if sum(batches) < steps else -1
    while sum(batches) != steps:
        for index in order:
            if sum(batches) != steps and batches[index] + change > 0:
                batches[index] += change
    # What the last batch of each has, from 1 to a whole one.
    last = [min(row.batch, max(1, size - (of - 1) * row.batch)) for size, of in zip(sizes, batches)]
    missing = images - sum((of - 1) * row.batch + own for of, own in zip(batches, last))
    for index in order:
        moved = max(1, min(row.batch, last[index] + missing))
        missing -= moved - last[index]
        last[index] = moved
    return [(of - 1) * row.batch + own for of, own in zip(batches, last)]


def cohorts(row: SimulatorRow, rounds: int, images: int, steps: int, seed: int) -> list[list[int]]:
    """The sizes of each round's clients; images and steps are those of all epochs together."""
    if images % row.epochs or steps % row.epochs:
        raise Mismatch(f"{images:,} images, {steps:,} steps are no multiple of {row.epochs} epochs")
    count = rounds * row.cohort
    sizes = matched(row, drawn(row, count, seed), images // row.epochs, steps // row.epochs)
    return [sizes[start : start + row.cohort] for start in range(0, count, row.cohort)]
