"""A person's name: one full name in any script, its parts optional. A single name is a whole name."""

import unicodedata
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field

from contracts.casefile.text import MAX_LINE, InvalidText, one_line
from contracts.form import Form


def full_name(text: str) -> str:
    """A name as one line, with at least one letter. Raises InvalidText."""
    line = one_line(text)
    if not any(unicodedata.category(character).startswith("L") for character in line):
        raise InvalidText("no-letter", "a name has at least one letter")
    return line


NameText = Annotated[
    str,
    AfterValidator(full_name),
    Field(min_length=1, max_length=MAX_LINE, json_schema_extra={"x-classification": "identity"}),
]


class PersonName(Form):
    """`full` is the name as the person gives it; the parts never have to add up to it."""

    model_config = ConfigDict(frozen=True)

    full: NameText
    given: NameText | None = None
    middle: NameText | None = None
    family: NameText | None = None

    @classmethod
    def single(cls, text: str) -> Self:
        """The name of somebody who has one name only."""
        return cls(full=text)

    def __repr__(self) -> str:
        """Names stay out of logs and tracebacks."""
        return "PersonName(…)"

    __str__ = __repr__
