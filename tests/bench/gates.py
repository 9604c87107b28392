"""The figures of a run beside the bounds that they must keep, as one table."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure of a run and its bound: the most that it may be, or with `least` the least."""

    what: str
    figure: float
    bound: float
    least: bool = False

    @property
    def reached(self) -> bool:
        return self.figure >= self.bound if self.least else self.figure <= self.bound

    def __str__(self) -> str:
        side, word = "≥" if self.least else "≤", "reached" if self.reached else "MISSED"
        return f"{self.what:<92}{self.figure:>8.2f}   {side} {self.bound:<6g} {word}"


def table(gates: Iterable[Gate]) -> str:
    return "\n".join(str(gate) for gate in gates)
