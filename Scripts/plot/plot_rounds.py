"""Values by round of clients that have a part in few rounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


class PartsOnly(Sequence):
    """As long as a list of all rounds, but holds only the rounds that a client had a part in: of a hundred
    thousand clients whole lists would fill the memory."""

    def __init__(self, rounds: int, values: dict[int, Any], nothing: Any) -> None:
        self.rounds = rounds
        # By place, from 0; what the other places hold is `nothing`.
        self.values = values
        self.nothing = nothing

    def __len__(self) -> int:
        return self.rounds

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.rounds))]
        place = index + self.rounds if index < 0 else index
        if not 0 <= place < self.rounds:
            raise IndexError(index)
        return self.values.get(place, self.nothing)


def known_values(values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """The places that a value may stand at, ascending, and what does."""
    if isinstance(values, PartsOnly):
        return iter(sorted(values.values.items()))
    return iter(enumerate(values))
