"""The words of the console in every language: none is missing, left over, doubtful or without its places."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import ENGLISH, LANGUAGES
from deploy.messages import CONSOLE, catalogue, messages
from services.console.words import Reader

TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
SCRIPTS = {"th": r"[\u0e00-\u0e7f]", "km": r"[\u1780-\u17ff]", "fr": "[A-Za-z]", "es": "[A-Za-z]"}
PLACES = re.compile(r"%\(\w+\)s")


@pytest.fixture(scope="module")
def wanted():
    return set(messages())


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_has_a_translation_and_none_is_left_over(language, wanted):
    known = {message.id: message for message in catalogue(language) if message.id}
    assert {"missing": wanted - known.keys(), "left over": known.keys() - wanted} == {
        "missing": set(),
        "left over": set(),
    }
    assert [one for one, message in known.items() if not message.string or message.fuzzy] == []
    assert [
        o for o, m in known.items() if sorted(PLACES.findall(o)) != sorted(PLACES.findall(m.string))
    ] == []
    assert [one for one, message in known.items() if not re.search(SCRIPTS[language], message.string)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_that_no_native_speaker_has_reviewed_it(language):
    head = (CONSOLE / "locale" / f"{language}.po").read_text(encoding="utf-8").partition("\n\n")[0]
    assert '"X-Unreviewed: by a native speaker\\n"' in head


def test_no_mark_of_french_stands_alone_at_the_beginning_of_a_line():
    said = {message.id: str(message.string) for message in catalogue("fr") if message.id}
    assert [one for one, text in said.items() if re.search(r" [:;?!»]|« ", text)] == [], "run deploy.messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_says_the_same_twice(language):
    said = {message.id: str(message.string) for message in catalogue(language) if message.id}
    assert [
        one
        for one, text in said.items()
        if len(text) > 20 and text[: len(text) // 2] in text[len(text) // 2 :]
    ] == []


def templates_with(pattern: re.Pattern[str]) -> set[str]:
    files = (CONSOLE / "templates").glob("*.html")
    return {file.name for file in files if pattern.search(file.read_text(encoding="utf-8"))}


def test_a_colon_between_two_things_is_the_readers():
    """French has a space before it: `reader.colon`. Only commands and addresses have one of their own."""
    bare = re.compile(r"(\}\}|%\})(</\w+>)?: ?\{[{%]|~ ': ' ~|\(': ' ~")
    assert templates_with(bare) == {"interface.html"}


def test_a_full_stop_between_two_sentences_is_the_readers():
    """Khmer and Thai have none: `reader.stop`. Only the number of a revision has one of its own."""
    bare = re.compile(r"(\}\}|%\}|</\w+>)\. \{[{%]|join\('\. '\)|'\. ' ~")
    assert templates_with(bare) == {"consent.html"}


def test_french_has_a_space_before_a_colon_and_a_word_for_the_first_of_a_month():
    french, english = (Reader(language, ZoneInfo("Asia/Bangkok")) for language in ("fr", "en"))
    assert (french.colon, english.colon) == ("\u00a0: ", ": ")
    assert [french.day(date(2026, 11, day)) for day in (1, 2)] == ["1er nov. 2026", "2 nov. 2026"]
