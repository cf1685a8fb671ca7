"""What all pictures have in common: colours, matplotlib without a display, titles, files."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class LogError(Exception):
    """What cannot be drawn: one sentence that names the file, the place and the value."""


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    background: str
    text: str
    muted: str
    grid: str
    server: str
    clients: str
    heat: str
    curves: tuple[str, ...]


# Okabe and Ito's palette, less the yellow that vanishes on white: told apart by colour-blind eyes.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F7F7F")
# On dark the light blue comes first, and the dark one, which is hard to see there, last.
DARK_PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#A9B0B6", "#3F8FD0")
LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

LIGHT = Theme("#ffffff", "#1a1a1a", "#5f6368", "#e3e5e8", "#0072B2", "#9aa0a6", "Blues", PALETTE)
DARK = Theme("#15181c", "#eceff1", "#a9b0b6", "#2f353b", "#56B4E9", "#7c858d", "cividis",
             DARK_PALETTE)


def load_pyplot(theme: Theme) -> Any:
    """matplotlib.pyplot without a display, in the theme's colours."""
    if sys.prefix != sys.base_prefix:  # a virtual environment keeps its own font cache
        os.environ.setdefault("MPLCONFIGDIR", os.path.join(sys.prefix, "matplotlib"))
    try:
        import matplotlib
    except ImportError as error:
        raise LogError("matplotlib is not installed: make plot brings it along") from error
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({
        "figure.facecolor": theme.background, "axes.facecolor": theme.background,
        "savefig.facecolor": theme.background, "text.color": theme.text,
        "axes.labelcolor": theme.text, "axes.titlecolor": theme.text,
        "axes.edgecolor": theme.muted, "xtick.color": theme.muted, "ytick.color": theme.muted,
        "xtick.labelcolor": theme.text, "ytick.labelcolor": theme.text,
        "axes.grid": False, "grid.color": theme.grid, "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
        "text.parse_math": False, "axes.titlesize": 11, "axes.titlelocation": "left",
    })
    return plt


def write_title(figure: Any, theme: Theme, heading: str, details: str) -> None:
    """A heading in bold and its details below, above all panels."""
    lines = details.count("\n") + 1 if details else 0
    width, height = figure.get_size_inches()
    # Bold letters of 14 points are about an eighth of an inch wide.
    if len(heading) > 7.4 * width:
        heading = heading[:int(7.4 * width) - 1] + "…"
    figure.text(0.012, 1 - 0.10 / height, heading, ha="left", va="top", fontsize=14, weight="bold")
    figure.text(0.012, 1 - 0.40 / height, details, ha="left", va="top", fontsize=10,
                color=theme.muted, linespacing=1.35)
    top = 1 - (0.48 + 0.2 * lines) / height
    figure.get_layout_engine().set(rect=(0, 0, 1, top), w_pad=0.12, h_pad=0.08)


def save(figure: Any, path: Path) -> None:
    """Writes the picture whole or not at all; what is no regular file is written to as it is."""
    kind = path.suffix[1:].lower() or "png"
    if kind not in figure.canvas.get_supported_filetypes():
        raise LogError(f"{path}: '.{kind}' is no picture format that can be written: try .png")
    temporary = None
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                figure.savefig(file, format=kind)
            return
        target = path.resolve()  # a link stays one
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            figure.savefig(file, format=kind)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's files are private
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise LogError(f"{path}: {error.strerror or error}") from error
    finally:
        if temporary:
            os.unlink(temporary)
        sys.modules["matplotlib.pyplot"].close(figure)
