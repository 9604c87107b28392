"""The form with which she takes a part back: it names the things that go, never those that stay, so that an old page
takes nothing else.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.form import Form
from contracts.types import KnownCode, OrganisationId
from services.consent.domain.narrowing import Part

Scope = Literal["all", "recipient"]


class ScopeForm(Form):
    """The form that says how much she takes back through the organisation that has her now."""

    scope: Annotated[
        Scope,
        Field(
            description="`all`: the whole consent, everybody it names. `recipient`: only what this organisation may do under it;"
            " the others go on. She is asked which."
        ),
    ] = "all"


class PartForm(Form):
    recipients: Annotated[list[OrganisationId], Field(max_length=20)] = []
    purposes: Annotated[list[Annotated[str, KnownCode("purpose")]], Field(max_length=20)] = []
    categories: Annotated[
        list[Annotated[str, KnownCode("data_category")]],
        Field(max_length=20, description="neither sent to anybody nor told back any more"),
    ] = []

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.recipients or self.purposes or self.categories):
            raise ValueError("a recipient, a purpose or a category is named")
        return self

    def part(self) -> Part:
        return Part(frozenset(self.recipients), frozenset(self.purposes), frozenset(self.categories))
