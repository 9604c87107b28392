"""The people who sign in for an organisation of this cell: pseudonyms with their roles, always as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts import machines

Staff = tuple[tuple[str, tuple[str, ...]], ...]
"""(pseudonym, roles), both in order."""


@dataclass(frozen=True, slots=True)
class StaffChanged:
    organisation: str
    staff: Staff


def fits(worker: str, role: str) -> bool:
    """A machine has roles of machines, a person has roles of people."""
    return (role in machines.ROLES) == machines.is_machine(worker)


def in_order(staff: Mapping[str, Iterable[str]]) -> Staff:
    return tuple((worker, tuple(sorted(set(roles)))) for worker, roles in sorted(staff.items()))


def decided(staff: Staff, decisions: Mapping[tuple[str, str], bool]) -> Staff:
    """The staff with what two people have decided: (pseudonym, role) → whether they have it.

    Somebody who is left without a role stays listed without one, so that no token of theirs counts for anything.
    """
    having = {worker: set(roles) for worker, roles in staff}
    for (worker, role), has in decisions.items():
        roles = having.setdefault(worker, set())
        (roles.add if has else roles.discard)(role)
    return in_order(having)


def from_file(
    named: Mapping[str, Iterable[str]], known: Staff, decisions: Mapping[tuple[str, str], bool]
) -> Staff:
    """The staff of which a file names people with their roles. What two people have decided goes before it.

    Somebody whom it no longer names stays listed without a role, and loses one that was given: leaving ends it.
    """
    left: dict[str, Iterable[str]] = {worker: () for worker, _ in known}
    binding = {(worker, role): has for (worker, role), has in decisions.items() if worker in named or not has}
    return decided(in_order({**left, **named}), binding)


def change(organisation: str, known: Staff, told: Staff) -> list[StaffChanged]:
    """Change the staff. The same staff again changes nothing and is said to nobody."""
    return [] if told == known else [StaffChanged(organisation, told)]
