"""Printed papers: in every language each character is drawn, no text is markup, and nothing on them betrays anybody."""

from dataclasses import replace
from pathlib import Path

import pytest

from chassis.printing.glyphs import drawable, draws
from chassis.printing.paper import (
    FILE_NAME,
    LANGUAGES,
    Paper,
    PaperCheck,
    PaperRow,
    pdf,
    pictures,
)
from chassis.printing.words import country_name, paper_language, words
from contracts.codes import codes
from contracts.country.reading import read_country
from services.consent.notice_texts import shipped
from services.notify.domain.words import FORBIDDEN

COUNTRIES = [read_country(path.parent) for path in sorted(Path("countries").glob("*/country.json"))]
BETRAYING = {*FORBIDDEN} | {
    word for country in COUNTRIES for named in country.forbidden_words.values() for word in named
}
CHECK = PaperCheck("Ask here:", "https://check.example/papers", "A7K2-9QWE-0H3M-PX4T")
BURMESE = "\u1019\u102c\u101c\u102c"
HOSTILE = [
    "#panic()",
    "*bold*",
    "$x^2$",
    "= heading",
    "`raw`",
    "@label",
    "\\u{41}",
    '")',
    "#sys.inputs",
    "<l>",
    "//x",
]


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in values for text in texts_of(one)]


def receipt(language: str) -> Paper:
    file = words(language)
    said = file["receipt"]
    rows = [
        PaperRow(said["what"], list(file["categories"].values())),
        PaperRow(said["who"], [country_name(country.code, language) for country in COUNTRIES]),
    ]
    return Paper(language, said["title"], [said["given"]], rows, [said["back"], said["safe"]], CHECK)


def hold(language: str) -> Paper:
    said = words(language)["hold"]
    rows = [PaperRow(said[name], ["2026-11-26"]) for name in ("name", "place", "since", "until")]
    return Paper(language, said["title"], [said["says"], said["ended"]], rows, [said["asks"]], CHECK)


PAPERS = (receipt, hold)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_of_every_paper_and_notice_in_a_language_is_drawn(language):
    said = [*texts_of(dict(words(language))), *(country_name(code, language) for code in codes("country"))]
    said += [
        text for file in shipped() if file.language == language for text in (file.title, *file.paragraphs)
    ]
    assert {one for text in said for one in text if not draws(one)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", PAPERS, ids=lambda make: make.__name__)
def test_a_paper_is_made_in_each_language_on_one_page(make, language):
    assert len(pictures(make(language))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_on_a_paper_betrays_whoever_carries_it(language):
    said = " ".join(texts_of(dict(words(language)))).lower()
    assert sorted(word for word in BETRAYING if word in said) == []
    assert set(words(language)) - {"countries"} == set(words("en"))
    assert set(words(language)["categories"]) == set(codes("data_category"))


async def test_the_file_tells_no_more_than_the_title():
    made = await pdf(receipt("en"))
    assert [word for word in BETRAYING if word.encode() in made.lower()] == []
    assert made.startswith(b"%PDF")
    assert FILE_NAME == "document.pdf"


@pytest.mark.parametrize("text", HOSTILE)
def test_what_somebody_wrote_is_drawn_as_it_is_and_never_read_as_markup(text):
    """As the same characters are drawn one by one, which alone are no markup."""
    whole = replace(hold("en"), rows=[PaperRow("x", [text])], before=[text], title=text)
    spelled = "\u2060".join(text)  # a joiner, which is drawn as nothing
    apart = replace(hold("en"), rows=[PaperRow("x", [spelled])], before=[spelled], title=spelled)
    assert pictures(whole) == pictures(apart)


def test_a_name_in_a_script_that_no_font_has_is_written_in_latin_letters():
    shown = drawable({"name": BURMESE, "known": "Sreymom ស្រីមុំ"})
    assert shown["known"] == "Sreymom ស្រីមុំ"
    assert shown["name"].isascii()
    assert shown["name"].strip()


def test_the_language_is_the_first_in_which_papers_are_printed():
    assert (paper_language(None, "my", "th"), paper_language("km", "th"), paper_language(None, "my")) == (
        "th",
        "km",
        "en",
    )
