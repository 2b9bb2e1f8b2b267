"""How one benchmark is written down, and how a time is taken."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Comparison(NamedTuple):
    """What took ``ours_seconds`` here and ``other_seconds`` by ``other``, whose name says on how much it was timed.

    ``other`` is empty and its seconds None where nothing is held against it but the figure to meet.
    """

    what: str
    ours_seconds: float
    other: str
    other_seconds: float | None
    to_meet: str

    def __str__(self) -> str:
        beside = f"{self.other_seconds:10.3f} s {self.times:8,.0f} x" if self.other_seconds else " " * 23
        return f"{self.what:66} {self.ours_seconds:9.4f} s | {beside} | {self.to_meet:18} | {self.other}"

    @property
    def times(self) -> float:
        return self.other_seconds / self.ours_seconds


def best_seconds(function: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of a few runs: what else the machine does only ever adds."""
    return min(_seconds(function) for _ in range(repeats))


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
