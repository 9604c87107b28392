"""A list that somebody asks for, time and again with other values: no page is the same as the one before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chassis.identity.auth import Actor
from chassis.identity.policies import Policies
from chassis.web.listing import Order

AGENCY = "th-care-agency"
WORKERS, PAGE = 1_000, 50
SUPERVISOR, WORKER = "supervisor", "case_worker"
POLICIES = Policies(Path("deploy/policies"))

Value = Callable[[int], object]


def one_of(name: str, number: int, *, step: int = 7) -> Value:
    """Each time another of `name-0`, `name-1` and so on."""
    return lambda turn: f"{name}-{turn * step % number}"


def each_worker() -> Value:
    return one_of("th.worker", WORKERS)


@dataclass(frozen=True, slots=True)
class Listed:
    """`filters` have a value, or one for each turn; `deep`: each time a page somewhere in the list, and not its first."""

    who: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    order: Order = Order.NEWEST
    deep: bool = False

    def asked(self, turn: int) -> dict[str, object]:
        return {name: value(turn) if callable(value) else value for name, value in self.filters.items()}

    def actor(self, turn: int) -> Actor:
        subject = str(each_worker()(turn))
        return Actor(
            "issuer",
            subject,
            "TH",
            AGENCY,
            frozenset({self.who}),
            "case-management",
            service=False,
            policies=POLICIES,
        )

    def beyond(self, turn: int, rows: int) -> int:
        """The row after which the page begins."""
        return (turn * 997 + 101) % (rows - 2 * PAGE)
