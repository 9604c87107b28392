"""Language tags of BCP 47 (RFC 5646), well formed and with a primary language that the list knows."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.codes import known

PATTERN = (
    r"^[a-z]{2,3}"  # language
    r"(-[A-Z][a-z]{3})?"  # script
    r"(-([A-Z]{2}|[0-9]{3}))?"  # region
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    r"(-x(-[a-z0-9]{1,8})+)?$"  # private use
)


class InvalidLanguage(ValueError):
    """Not a language tag in its canonical case, for example `km`, `zh-Hant`, `en-GB`."""


def language_tag(text: str) -> str:
    """Raises InvalidLanguage for a malformed tag and UnknownCode for a language outside the list."""
    if len(text) > 35 or not re.fullmatch(PATTERN, text):
        raise InvalidLanguage("a language is written as a BCP 47 tag, for example km or zh-Hant")
    known("language")(text.partition("-")[0])
    return text


LanguageTag = Annotated[
    str,
    AfterValidator(language_tag),
    Field(json_schema_extra={"pattern": PATTERN, "x-codelist": "language"}),
]
