"""The ways to give a simulator two cores; the fastest of a row counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """So many workers of so many threads of PyTorch's; workers are processes or threads."""

    kind: str
    workers: int
    threads: int

    @property
    def text(self) -> str:
        if self.workers == 1:
            return f"one worker, {self.threads} threads of PyTorch"
        return f"{self.workers} {self.kind} of one thread of PyTorch each"


MODES = {
    "flower": [Mode("processes", 2, 1), Mode("processes", 1, 2)],
    "pfl": [Mode("processes", 2, 1), Mode("processes", 1, 2)],
    "blazefl": [Mode("threads", 2, 1), Mode("processes", 2, 1), Mode("threads", 1, 2)],
}
WORKERS = {"flower": "flower_simulation", "pfl": "pfl", "blazefl": "blazefl"}
