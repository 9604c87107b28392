"""A person's name: one full name in any script, its parts optional. A single name is a whole name."""

import unicodedata
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_LENGTH = 200
_JOINERS = frozenset("\u200b\u200c\u200d")
"""Zero-width space and joiners: Khmer, Thai and Indic scripts need them to be written correctly."""
_REFUSED = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


class InvalidName(ValueError):
    """The text cannot be a name. The message names what is wrong, never the text."""


def one_line(text: str, *, limit: int = MAX_LENGTH) -> str:
    """One line in NFC with single spaces. Raises InvalidName for control, unassigned and direction characters."""
    for character in text:
        category = unicodedata.category(character)
        if category in _REFUSED or (category == "Cf" and character not in _JOINERS):
            raise InvalidName("control, direction and unassigned characters are not allowed")
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(line) <= limit:
        raise InvalidName(f"between 1 and {limit} characters are expected")
    return line


def full_name(text: str) -> str:
    """A name as one line, with at least one letter."""
    line = one_line(text)
    if not any(unicodedata.category(character).startswith("L") for character in line):
        raise InvalidName("a name has at least one letter")
    return line


NameText = Annotated[
    str, AfterValidator(full_name), Field(json_schema_extra={"x-classification": "identity"})
]


class PersonName(BaseModel):
    """`full` is the name as the person gives it; the parts never have to add up to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    full: NameText
    given: NameText | None = None
    middle: NameText | None = None
    family: NameText | None = None

    @classmethod
    def single(cls, text: str) -> Self:
        """For whoever has one name only."""
        return cls(full=text)

    def __repr__(self) -> str:
        """Names stay out of logs and tracebacks."""
        return "PersonName(…)"

    __str__ = __repr__
