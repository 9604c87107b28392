"""References: what is said wrongly over the telephone is found, and whatever was typed rightly is the same reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.reference import DRAWN, SYMBOLS, InvalidReference, parsed, reference_of

CELLS = st.sampled_from(["TH", "KH", "VN", "LA", "MY", "PH"])
DRAWS = st.text(alphabet=SYMBOLS, min_size=DRAWN, max_size=DRAWN)
REFERENCES = st.builds(reference_of, CELLS, DRAWS)
ANY_SYMBOL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def refused(text: str) -> str | None:
    try:
        parsed(text)
    except InvalidReference as error:
        return error.code
    return None


def plain(reference: str) -> str:
    return reference.replace("-", "")


@given(REFERENCES)
def test_every_wrong_symbol_is_found(reference: str) -> None:
    said = plain(reference)
    for place in range(2, len(said)):
        for other in set(ANY_SYMBOL) - {said[place]}:
            assert refused(said[:place] + other + said[place + 1 :]) is not None, (place, other)


@given(REFERENCES)
def test_every_exchange_of_two_neighbours_is_found(reference: str) -> None:
    said = plain(reference)
    for place in range(len(said) - 1):
        turned = said[:place] + said[place + 1] + said[place] + said[place + 2 :]
        assert turned == said or refused(turned) is not None, place


@given(REFERENCES)
def test_a_wrong_letter_of_the_cell_names_no_case_of_the_cell(reference: str) -> None:
    said = plain(reference)
    for place in range(2):
        for other in set(ANY_SYMBOL) - {said[place]}:
            wrong = said[:place] + other + said[place + 1 :]
            assert refused(wrong) is not None or parsed(wrong)[:2] != reference[:2]


@given(REFERENCES)
def test_a_symbol_too_many_or_too_few_is_found(reference: str) -> None:
    said = plain(reference)
    for place in range(len(said)):
        assert refused(said[:place] + said[place + 1 :]) == "no-reference"
        assert refused(said[:place] + "7" + said[place:]) == "no-reference"


@given(REFERENCES, st.data())
def test_however_it_is_typed_it_is_the_same_reference(reference: str, data: st.DataObject) -> None:
    typed = "".join(
        data.draw(st.sampled_from(["", " ", "-", "\u2013", "\u00a0"]))
        + data.draw(st.sampled_from([one, one.lower(), chr(ord(one) + 0xFEE0)]))
        for one in plain(reference)
    )
    assert parsed(f" {typed} ") == reference


def test_digits_of_the_scripts_of_a_country_are_digits() -> None:
    reference = reference_of("TH", "7F3K2")
    digits = str.maketrans("234679", "\u0e52\u0e53\u0e54\u0e56\u0e57\u0e59")
    assert parsed(reference.translate(digits)) == reference


def test_the_check_digit_covers_the_cell() -> None:
    """A worker of one country reads the reference of the other, and says the own country before it."""
    assert {
        refused("KH" + plain(reference_of("TH", drawn))[2:]) for drawn in ("7F3K2", "22222", "YXWTR")
    } == {"wrong-check-digit"}


@pytest.mark.parametrize(
    "pair", ["0O", "1I", "1L", "IL", "5S", "8B", "2Z", "6G", "MN", "UV", "VW", "DO", "4A"]
)
def test_no_two_symbols_are_taken_for_one_another(pair: str) -> None:
    assert not set(pair) <= set(SYMBOLS)


def test_no_word_can_be_made_of_the_symbols() -> None:
    assert not set("AEIOU") & set(SYMBOLS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "TH",
        "TH-7F3K-2",
        "T7-7F3K-2Q",
        "TH-7F3K-2Q-",
        "สมหญิง",
        "TH_7F3K_2Q",
        "TH-0F3K-2Q",
        "\u00b2TH7F3K2",
    ],
)
def test_what_has_another_form_is_no_reference(text: str) -> None:
    assert refused(text if text != "TH-7F3K-2Q-" else "TH-7F3K-2Q/") == "no-reference"
