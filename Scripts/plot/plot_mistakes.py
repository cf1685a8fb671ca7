#!/usr/bin/env python3
"""Draws the most confidently wrong images of a test, from what `federated evaluate --picture` hands over.

A grid, most confident first: each image with its class, what it was taken for and how sure the model was.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plot_log import read_json, read_names, read_object, shortened
from plot_style import DARK, LIGHT, LogError, Theme, load_pyplot, save, write_title
from plot_words import in_short

COLUMNS = 6
# Images that are drawn at most.
LARGEST = 48
PNG = "data:image/png;base64,"
# What a name has room for below its image.
NAME_LENGTH = 16


@dataclass(frozen=True)
class Mistake:
    """A test sample that was taken for another class."""

    index: int
    truth: int
    guess: int
    confidence: float
    # The pixels, or nothing of samples that are no images.
    image: Any


def whole(value: Any, name: str, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise LogError(f"'{name}' of {place} is {shortened(value)}: expected a whole number from 0")
    return value


def read_image(value: Any, place: str) -> Any:
    """The pixels of a data URL."""
    from matplotlib import image

    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(PNG):
        raise LogError(f"'image' of {place} is {shortened(value)}: expected null or {PNG}…")
    try:
        return image.imread(io.BytesIO(base64.b64decode(value[len(PNG):], validate=True)), "png")
    except (binascii.Error, OSError, SyntaxError, ValueError) as error:
        raise LogError(f"'image' of {place} is no PNG file: {error}") from error


def read_mistake(value: Any, number: int) -> Mistake:
    place = f"mistake {number + 1}"
    own = read_object(value, place)
    confidence = own.get("confidence")
    is_number = isinstance(confidence, (int, float)) and not isinstance(confidence, bool)
    if not is_number or not 0 <= confidence <= 1:
        raise LogError(
            f"'confidence' of {place} is {shortened(confidence)}: expected a number from 0 to 1")
    return Mistake(
        *(whole(own.get(name), name, place) for name in ("index", "truth", "guess")),
        float(confidence), read_image(own.get("image"), place))


def read_mistakes(value: Any) -> tuple[list[Mistake], int, list[str]]:
    """Those to draw, how many there are, and the classes' names."""
    own = read_object(value, "what is to be drawn")
    found = own.get("mistakes")
    if not isinstance(found, list):
        raise LogError(f"'mistakes' is {shortened(found)}: expected a list")
    names = own.get("classNames")
    try:
        return ([read_mistake(item, number) for number, item in enumerate(found[:LARGEST])],
                len(found), read_names(names))
    except LogError as error:
        raise LogError(str(error).replace("'class_names'", "'classNames'")) from error


def class_words(label: int, names: list[str]) -> str:
    return in_short(names[label], NAME_LENGTH) if label < len(names) and names[label] else str(label)


def confidence_words(confidence: float) -> str:
    """Never 100% of what is not."""
    shown = math.floor(1000 * confidence) / 10
    return f"{shown:g}%"


def draw(mistakes: list[Mistake], total: int, names: list[str], theme: Theme) -> Any:
    plt = load_pyplot(theme)
    columns = max(3, min(COLUMNS, len(mistakes)))
    rows = max(1, math.ceil(len(mistakes) / columns))
    figure = plt.figure(figsize=(1.75 * columns + 0.3, 2.45 * rows + 0.75), dpi=110,
                        layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, mistake in zip(panels.flat, mistakes):
        if mistake.image is None:
            axes.text(0.5, 0.5, "no image", transform=axes.transAxes, ha="center", va="center",
                      color=theme.muted)
            axes.set_box_aspect(1)
        else:
            axes.imshow(mistake.image, cmap="gray", interpolation="nearest",
                        vmin=0, vmax=1)
        guess, truth = (class_words(label, names) for label in (mistake.guess, mistake.truth))
        axes.set_title(f"{guess}, {confidence_words(mistake.confidence)}\nis {truth}\nsample "
                       f"{mistake.index}", fontsize=9, loc="left", linespacing=1.3)
    if not mistakes:
        panels[0][1].text(0.5, 0.5, "No test sample was taken for another class",
                          transform=panels[0][1].transAxes, ha="center")
    more = f" of {total}" if total > len(mistakes) else ""
    write_title(figure, theme, "Most confidently wrong",
                f"{len(mistakes)}{more} {'mistake' if total == 1 else 'mistakes'}: taken for what and "
                "how surely, and what it is")
    return figure


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="plot_mistakes.py", description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--name", dest="file", metavar="FILE", type=Path, required=True,
                        help="what federated evaluate hands over")
    parser.add_argument("-o", "--output", metavar="OUT.png", type=Path,
                        help="where to write the picture (beside the file)")
    parser.add_argument("--dark", action="store_true", help="light on dark")
    options = parser.parse_args(arguments)
    theme = DARK if options.dark else LIGHT
    output = options.output or options.file.with_suffix(".png")
    try:
        load_pyplot(theme)
        try:
            found = read_mistakes(read_json(options.file))
        except LogError as error:
            raise LogError(f"{options.file}: {error}") from error
        save(draw(*found, theme), output)
    except LogError as error:
        print(f"plot_mistakes.py: {error}", file=sys.stderr)
        return 1
    print(f"picture  {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
