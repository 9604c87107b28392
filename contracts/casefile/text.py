"""Texts that persons write for persons: reasons, grounds, notes. Blank is no text, and only what Unicode allows is
one.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_TEXT, MAX_LINE = 2_000, 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK_SYMBOLS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that are drawn as nothing."""
_JOINERS = frozenset("\u200b\u200c\u200d")
"""Zero-width space and joiners: Khmer, Thai and Indic scripts need them to be written correctly."""
_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


class InvalidText(ValueError):
    """`code` and message name what is wrong, never the text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def paragraph(text: str) -> str:
    """Several lines, without the blanks around them. Raises InvalidText."""
    if _LONE_SURROGATE.search(text):
        raise InvalidText("string_unicode", "must be Unicode text")
    text = text.replace("\r\n", "\n").strip()
    if _CONTROLS.search(text):
        raise InvalidText("control-characters", "control characters are not allowed")
    if len(text) > MAX_TEXT:
        raise InvalidText("string_too_long", f"must have at most {MAX_TEXT} characters")
    _not_blank(text)
    return text


def one_line(text: str) -> str:
    """One line in NFC with single spaces. Raises InvalidText, for direction and unassigned characters too."""
    for character in text:
        category = unicodedata.category(character)
        if category in _NOT_IN_A_LINE or (category == "Cf" and character not in _JOINERS):
            raise InvalidText(
                "control-characters", "control, direction and unassigned characters are not allowed"
            )
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if len(line) > MAX_LINE:
        raise InvalidText("string_too_long", f"must have at most {MAX_LINE} characters")
    _not_blank(line)
    return line


def _not_blank(text: str) -> None:
    if not any(_seen(character) for character in text):
        raise InvalidText("blank", "something must be written here")


def _seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZC" and character not in _BLANK_SYMBOLS


Paragraph = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(paragraph)]
"""The type of every reason, ground, note and description that a route takes."""

Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE), AfterValidator(one_line)]
"""The type of every text of one line: the name of a thing, an address, a number with letters in it."""
