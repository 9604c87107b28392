"""No notice says anything that would betray the person it is about, in any language."""

import itertools
from pathlib import Path

import pytest

from contracts.country.reading import read_country
from services.notify.domain.notices import NOTICES
from services.notify.domain.words import FORBIDDEN, TEXTS, words

FOLDERS = sorted(path.parent for path in Path("countries").glob("*/words.json"))
WORDS = {*FORBIDDEN} | {
    word for folder in FOLDERS for words in read_country(folder).forbidden_words.values() for word in words
}
ALL = [(language, template) for language, texts in TEXTS.items() for template in texts]


@pytest.mark.parametrize(("language", "template"), ALL)
def test_a_text_has_no_forbidden_word_and_no_more_than_a_reference_and_a_link(language, template):
    subject, body = words(template, language, "1a2b3c4d", "http://localhost/")
    found = [word for word in sorted(WORDS) if word in f"{subject} {body}".lower()]
    assert found == []
    assert "1a2b3c4d" in body
    assert "http://localhost/" in body


def test_every_template_that_is_used_has_words_in_every_language():
    used = set(itertools.chain.from_iterable(sides.values() for sides in NOTICES.values()))
    assert {language: set(texts) >= used for language, texts in TEXTS.items()} == dict.fromkeys(TEXTS, True)


def test_a_regional_language_falls_back_to_its_base_and_an_unknown_one_to_english():
    assert words("answer", "th-TH", "r", "l") == words("answer", "th", "r", "l")
    assert words("answer", "xx", "r", "l") == words("answer", "en", "r", "l")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_language_of_a_country_has_texts_and_forbidden_words(folder):
    country = read_country(folder)
    assert set(country.languages) - set(TEXTS) == set()
    assert set(country.languages) - {"en"} - set(country.forbidden_words) == set()
    assert [
        word for words in country.forbidden_words.values() for word in words if word != word.lower()
    ] == []
