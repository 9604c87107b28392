"""Language tags are BCP 47 in canonical case, with a language of the list."""

import pytest

from contracts.casefile.language import InvalidLanguage, language_tag
from contracts.codes import UnknownCode


@pytest.mark.parametrize(
    "tag", ["km", "th", "en-GB", "zh-Hant", "zh-Hant-TW", "es-419", "de-1996", "ksw", "csx", "th-x-isan"]
)
def test_a_well_formed_tag_is_taken(tag: str) -> None:
    assert language_tag(tag) == tag


@pytest.mark.parametrize(
    "tag", ["", "KM", "Khmer", "en_GB", "en-gb", "zh-hant", "th\n", "a", "en-GB-" + "abcde-" * 8]
)
def test_a_malformed_tag_is_refused(tag: str) -> None:
    with pytest.raises(InvalidLanguage):
        language_tag(tag)


def test_a_language_outside_the_list_is_refused() -> None:
    with pytest.raises(UnknownCode):
        language_tag("qaa")
