"""Each field of a case file has one owner, who is asked for it at sealing and for nothing of another's."""

from dataclasses import replace
from typing import Any

from contracts.casefile.fields import FIELDS, by_owner
from contracts.services import NAMES


def test_every_field_has_an_owner_that_is_a_service() -> None:
    assert {field.owner for field in FIELDS.values()} <= set(NAMES)


def test_each_owner_is_asked_for_its_own_fields_in_their_order() -> None:
    second = {**FIELDS, "cor_Outcome": replace(FIELDS["cor_Outcome"], owner="returns")}
    asked: Any = by_owner(["cor_FullName", "cor_Outcome", "cor_Needs"], second)
    assert asked == {"intake": ["cor_FullName", "cor_Needs"], "returns": ["cor_Outcome"]}
