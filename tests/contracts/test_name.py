"""Names: one full name in any script is enough."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.casefile.name import PersonName, full_name
from contracts.casefile.text import InvalidText


@pytest.mark.parametrize(
    "name",
    [
        "Suharto",
        "สุดา",
        "ចាន់ ដារ៉ា",
        "မသီတာ",
        "مريم",
        "李",
        "Nguyễn Thị Ánh",
        "O'Brien-Smith",
        "Mary 2nd",
        "ស្រី\u200bមុំ",
        "क्\u200dष",
    ],
)
def test_a_name_in_any_script_and_a_single_one_is_a_name(name: str) -> None:
    assert full_name(name) == unicodedata.normalize("NFC", name)
    assert PersonName.single(name).full == unicodedata.normalize("NFC", name)


def test_decomposed_letters_are_composed_and_spaces_are_single() -> None:
    assert full_name("  Jose\u0301   Maria ") == "José Maria"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "...",
        "1234",
        "Suda\nDara",
        "Suda\tDara",
        "Su\x00da",
        "\u202eadus",
        "\u2066x",
        "\ufeffSuda",
        "\ud800",
        "x" * 201,
    ],
)
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        full_name(text)


def test_parts_are_optional_and_never_have_to_add_up() -> None:
    name = PersonName(full="Chan Dara", family="Chan")
    assert (name.given, name.middle, name.family) == (None, None, "Chan")


def test_a_name_stays_out_of_its_own_representation_and_of_the_error() -> None:
    assert "Dara" not in f"{PersonName.single('Dara')!r} {PersonName.single('Dara')}"
    with pytest.raises(ValidationError) as refused:
        PersonName(full="Dara\x00")
    assert "Dara" not in str(refused.value)


@given(st.text(max_size=250))
def test_a_name_once_accepted_stays_as_it_is(text: str) -> None:
    try:
        name = full_name(text)
    except InvalidText:
        return
    assert full_name(name) == name
    assert 1 <= len(name) <= 200
