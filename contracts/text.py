"""What persons write for persons: reasons, grounds, notes. Blank is no text, and only what Unicode allows is one."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_TEXT = 2_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK_SYMBOLS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that are drawn as nothing."""


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
    if not any(_seen(character) for character in text):
        raise InvalidText("blank", "something must be written here")
    return text


def _seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZC" and character not in _BLANK_SYMBOLS


Paragraph = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(paragraph)]
"""The type of every reason, ground and note that a route takes."""
