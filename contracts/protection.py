"""Immediate protection of one who cannot be asked: to whom, what for, which fields and for how long, as data with a reason each."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Final

PROTECTED: Final = "protected"
"""The state of such a record (code list `consent_state`). It is no consent."""

IMMEDIATE_PROTECTION: Final = "immediate-protection"
"""The basis (code list `disclosure_basis`) of whatever is disclosed under it."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The least: nothing beyond it is disclosed on this basis, whatever anybody asks for."""

    purposes: frozenset[str]
    roles: frozenset[str]
    fields: frozenset[str]
    valid_for: timedelta
    review_within: timedelta


@cache
def protection() -> Protection:
    document = json.loads(files("contracts").joinpath("protection.json").read_text(encoding="utf-8"))
    return Protection(
        purposes=frozenset(document["purposes"]),
        roles=frozenset(document["roles"]),
        fields=frozenset(document["fields"]),
        valid_for=timedelta(hours=document["valid_hours"]),
        review_within=timedelta(hours=document["review_hours"]),
    )


def is_of_country(law: str, cell: str) -> bool:
    """A law protects in its own country (code list `protection_law`)."""
    return law.startswith(f"{cell.lower()}-")
