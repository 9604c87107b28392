"""An organisation's own number of a case: what stands on its paper file. It is the organisation's alone and sealed, because whoever
knows it finds her file, and it is sent to nobody.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.casefile.reference import InvalidReference, parsed
from contracts.casefile.text import MAX_LINE, InvalidText, one_line

COLUMN, LABEL = "cor_OwnNumber", "Number of the organisation"
"""The column of files that has it, and the label of that column."""


def own_number(text: str) -> str:
    """The number as it is kept. Raises InvalidText; for a reference of a case too, which already names one here or elsewhere."""
    number = one_line(text)
    if is_reference(number):
        raise InvalidText("is-a-reference", "this is the reference of a case, not a number of your own")
    return number


def is_reference(text: str) -> bool:
    """True for a text that is a reference as references are shown, in capital or small letters."""
    try:
        return parsed(text) == text.upper()
    except InvalidReference:
        return False


def compared(number: str) -> str:
    """The form in which two numbers are one: capital and small letters, blanks, kinds of dashes and digits of any script do not tell
    them apart.
    """
    return "".join(map(_compared, unicodedata.normalize("NFKC", number))).casefold()


def _compared(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zs", "Cf"}:
        return ""
    if category == "Pd":
        return "-"
    return str(unicodedata.digit(character)) if category == "Nd" else character


OwnNumber = Annotated[
    str,
    Field(min_length=1, max_length=MAX_LINE, description="the organisation's own number of the case"),
    AfterValidator(own_number),
]
