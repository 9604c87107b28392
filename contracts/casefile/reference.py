"""The reference of a case: what a person says over the telephone instead of the case's identifier, `TH-7F3K-2Q`.

The cell, five symbols that were drawn by chance, and one that checks the others. Nothing of the person is in it. The
symbols are those that are not taken for one another when they are read, written or heard, and no word can be made of
them. There are nineteen, a prime, so that each wrong symbol and each exchange of two neighbours is found. A wrong cell
is found in any case: its references name no case here.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

SYMBOLS = "234679CFHJKMPQRTWXY"
"""Of 0 O, 1 I L, 5 S, 8 B, 2 Z, 6 G, M N and U V at most one is here, and no vowel."""
DRAWN = 5
"""The symbols of a reference that are drawn."""
_FORM = re.compile(f"[A-Z]{{2}}[{SYMBOLS}]{{{DRAWN + 1}}}")
_LETTERS = SYMBOLS + "ABDEGILNOSUVZ"
"""The values of letters: those of a cell that are no symbols come after the symbols, and so modulo nineteen again."""

PATTERN = f"^[A-Z]{{2}}-[{SYMBOLS}]{{4}}-[{SYMBOLS}]{{2}}$"

CaseReference = Annotated[str, StringConstraints(pattern=PATTERN)]
"""A reference as it is shown, kept and said to others of the cell."""


ShownReference = Annotated[
    str | None,
    Field(description="by which persons name the case; null until this service has heard it"),
]
"""A reference in a view, beside the identifier of its case."""


class InvalidReference(ValueError):
    """Not a reference. `code` and message name what is wrong, never the text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def reference_of(cell: str, drawn: Sequence[str]) -> str:
    """The reference of this cell with these symbols, which somebody has drawn."""
    return _shown(cell + "".join(drawn) + _check(cell, "".join(drawn)))


def parsed(text: str) -> str:
    """The reference in its one form, however it was typed: in small letters, with spaces, with other dashes or none.

    Raises InvalidReference. A wrong symbol is never guessed.
    """
    typed = "".join(map(_typed, unicodedata.normalize("NFKC", text)))
    if _FORM.fullmatch(typed) is None:
        raise InvalidReference("no-reference", "must be the identifier or the reference of a case")
    if _check(typed[:2], typed[2:-1]) != typed[-1]:
        raise InvalidReference("wrong-check-digit", "the check digit does not fit: a symbol is wrong")
    return _shown(typed)


def _typed(character: str) -> str:
    """The symbol that was meant by a character; a digit of any script is that digit."""
    category = unicodedata.category(character)
    if category in {"Pd", "Zs", "Cf"}:
        return ""
    return str(unicodedata.digit(character)) if category == "Nd" else character.upper()


def _check(cell: str, drawn: str) -> str:
    """The symbol that makes the weighted sum of all of them, and of the cell's letters, a multiple of nineteen. Its own
    weight is one, and no two places have the same.
    """
    weighted = enumerate(reversed(cell + drawn), 2)
    return SYMBOLS[-sum(weight * _LETTERS.index(one) for weight, one in weighted) % len(SYMBOLS)]


def _shown(symbols: str) -> str:
    return f"{symbols[:2]}-{symbols[2:6]}-{symbols[6:]}"
