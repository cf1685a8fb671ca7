"""What a side did in its rounds, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Rounds with the images and steps of all their clients, repeats counted, and their seconds."""

    rounds: int
    images: int
    steps: int
    seconds: float

    @property
    def rate(self) -> float:
        """Images a second."""
        return self.images / self.seconds

    @property
    def per_round(self) -> float:
        """Seconds of a round of as many images as ours has on average."""
        return self.seconds / self.rounds
