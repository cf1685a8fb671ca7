"""How far a run is, in one line: of a terminal, or of a notebook's cell."""

from __future__ import annotations

import html
import sys
from typing import Any


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


class Progress:
    """A line that changes; where output is a file, one line a round would be too many, so there is none."""

    def __init__(self, title: str, shown: bool = True) -> None:
        self.title, self.shown = title, shown
        self.handle: Any = None
        self.width = 0
        self.notebook = shown and _in_notebook()
        self.terminal = shown and not self.notebook and sys.stderr.isatty()

    def update(self, place: str, accuracy: str, loss: str, part: float) -> None:
        self.show(f"{self.title}: {place}, {accuracy}, loss {loss}", part)

    def say(self, line: str) -> None:
        """What a sweep says of itself."""
        if self.title == "sweep" and line.strip():
            self.show(f"{self.title}: {' '.join(line.split())}", None)

    def show(self, text: str, part: float | None) -> None:
        if self.notebook:
            self._show_in_notebook(text, part)
        elif self.terminal:
            text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)[:100]
            print("\r" + text.ljust(self.width), end="", file=sys.stderr, flush=True)
            self.width = len(text)

    def _show_in_notebook(self, text: str, part: float | None) -> None:
        from IPython.display import HTML, display

        bar = "" if part is None else f'<progress value="{part:.4f}"></progress> '
        shown = HTML(bar + html.escape(text))
        if self.handle is None:
            self.handle = display(shown, display_id=True)
        else:
            self.handle.update(shown)

    def close(self) -> None:
        if self.terminal and self.width:
            print(file=sys.stderr)
