"""Immediate protection of a person who cannot be asked: to whom, what for, which fields and for how long, as data
with a reason each.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Final

PROTECTED: Final = "protected"
"""The state of a protection's record (code list `consent_state`). A protection is no consent."""

IMMEDIATE_PROTECTION: Final = "immediate-protection"
"""The basis (code list `disclosure_basis`) of every disclosure under a protection."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The least: nothing beyond it is disclosed on this basis, whatever anybody asks for."""

    purposes: frozenset[str]
    roles: frozenset[str]
    fields: frozenset[str]
    approve_within: timedelta
    valid_for: timedelta
    review_within: timedelta


@cache
def protection() -> Protection:
    document = json.loads(files("contracts").joinpath("protection.json").read_text(encoding="utf-8"))
    return Protection(
        purposes=frozenset(document["purposes"]),
        roles=frozenset(document["roles"]),
        fields=frozenset(document["fields"]),
        approve_within=timedelta(hours=document["approve_hours"]),
        valid_for=timedelta(hours=document["valid_hours"]),
        review_within=timedelta(hours=document["review_hours"]),
    )


def is_of_country(law: str, cell: str) -> bool:
    """True where the law (code list `protection_law`) is of this country: a law protects in its own country alone."""
    return law.startswith(f"{cell.lower()}-")
