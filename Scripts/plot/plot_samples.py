#!/usr/bin/env python3
"""Draws the first images of each class, from what `federated data --picture` hands over.

A row for each class, at most twenty, with its name and how many there are; the numbers as they are before
any scaling, white for 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import plot
from plot import LogError
from plot_keys import spelled
from plot_log import printable, read_json


def shape_of(value: dict[str, Any]) -> tuple[int, int, int]:
    shape = value.get("shape")
    if (
        not isinstance(shape, list)
        or len(shape) != 3
        or not all(isinstance(size, int) and size > 0 for size in shape)
    ):
        raise LogError(f"'shape' is {plot.shortened(shape)}: expected [height, width, channels]")
    return shape[0], shape[1], shape[2]


def draw(value: dict[str, Any], output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as pyplot
    import numpy

    value = spelled(value)
    height, width, channels = shape_of(value)
    rows = value.get("samples")
    if not isinstance(rows, list) or not rows:
        raise LogError("it has no 'samples'")
    names = value.get("class_names") or [str(label) for label in range(len(rows))]
    counts = value.get("class_counts") or []
    columns = max(1, max(len(row) for row in rows))
    # A row of names on the left, as wide as three images.
    figure, axes = pyplot.subplots(
        len(rows),
        columns + 1,
        figsize=(0.8 * columns + 2.6, 0.8 * len(rows) + 0.9),
        squeeze=False,
        gridspec_kw={"width_ratios": [2.4] + [1] * columns},
    )
    for label, (row, places) in enumerate(zip(rows, axes)):
        for place in places:
            place.set_axis_off()
        name = printable(str(names[label]) if label < len(names) else str(label))
        count = f"{counts[label]:,} to train" if label < len(counts) else ""
        places[0].text(
            0.94, 0.5, f"{name[:22]}\n{count}", ha="right", va="center", fontsize=9,
            transform=places[0].transAxes,
        )
        for sample, place in zip(row, places[1:]):
            image = numpy.asarray(sample, dtype=float).reshape(height, width, channels)
            if channels == 3:
                place.imshow(numpy.clip(image, 0, 1), interpolation="nearest")
            else:
                place.imshow(image[:, :, 0], cmap="gray", vmin=0, vmax=max(1.0, image.max()),
                             interpolation="nearest")
    title = printable(str(value.get("name", "")))
    classes = value.get("classes")
    more = f", {len(rows)} of {classes} classes" if isinstance(classes, int) and classes > len(rows) else ""
    figure.suptitle(f"{title}: {height}×{width}×{channels}{more}", fontsize=11)
    figure.tight_layout(rect=(0, 0, 1, 0.985), h_pad=0.3, w_pad=0.2)
    figure.savefig(output, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="what federated data hands over")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture")
    parser.add_argument("-n", "--no-show", action="store_true", help="do not open a window")
    arguments = parser.parse_args()
    try:
        draw(read_json(arguments.file), arguments.output)
    except LogError as error:
        print(f"plot_samples.py: {arguments.file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
