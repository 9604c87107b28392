"""Rows of a case to parts of it."""

from typing import Any

from services.intake.domain.age import Age, Basis, Group


def age_of(row: Any) -> Age:
    return Age(Group(row.age_group), Basis(row.age_basis), row.age_doubted)
