"""How many people are invented, which, and how many at the same time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seeding:
    """So many lives of a seed, of which `at_once` are lived at the same time."""

    cases: int = 60
    seed: int = 1
    at_once: int = 8


USUAL = Seeding()
