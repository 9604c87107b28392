"""The people who sign in for an organisation of this cell: pseudonyms with their roles, always as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Staff = tuple[tuple[str, tuple[str, ...]], ...]
"""(pseudonym, roles), both in order."""


@dataclass(frozen=True, slots=True)
class StaffChanged:
    organisation: str
    staff: Staff


def in_order(staff: Mapping[str, Iterable[str]]) -> Staff:
    return tuple((worker, tuple(sorted(set(roles)))) for worker, roles in sorted(staff.items()))


def decided(staff: Staff, decisions: Mapping[tuple[str, str], bool]) -> Staff:
    """The staff with what two people have decided: (pseudonym, role) → whether they have it. It goes before the file.

    Somebody who is left without a role stays listed without one, so that no token of theirs counts for anything.
    """
    having = {worker: set(roles) for worker, roles in staff}
    for (worker, role), has in decisions.items():
        roles = having.setdefault(worker, set())
        (roles.add if has else roles.discard)(role)
    return in_order(having)


def change(organisation: str, known: Staff, told: Staff) -> list[StaffChanged]:
    """Change the staff. The same staff again changes nothing and is said to nobody."""
    return [] if told == known else [StaffChanged(organisation, told)]
