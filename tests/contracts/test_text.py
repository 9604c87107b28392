"""What persons write: blank is no text, and only what Unicode allows is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.text import MAX_TEXT, InvalidText, paragraph

BLANKS = (" ", "\n", "\t", "\u00a0", "\u200b", "\u3000", "\u2800", "\u3164", "\u2060", "\ufeff", "\u202e")


@given(st.lists(st.sampled_from(BLANKS)).map("".join))
def test_blank_is_no_text(text: str) -> None:
    with pytest.raises(InvalidText):
        paragraph(text)


@given(st.text())
def test_what_is_taken_can_be_stored_and_stays_as_it_is(text: str) -> None:
    try:
        kept = paragraph(text)
    except InvalidText:
        return
    assert kept.encode()
    assert paragraph(kept) == kept == kept.strip()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\ud83db", "string_unicode"),
        ("a\x00b", "control-characters"),
        ("a" * (MAX_TEXT + 1), "string_too_long"),
        ("  ", "blank"),
    ],
)
def test_a_refusal_says_why(text: str, code: str) -> None:
    with pytest.raises(InvalidText) as refused:
        paragraph(text)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["สมหญิง กลัว", "ឈឺ", "خائفة", "第一行\n第二行", "- injured hand"])
def test_any_script_is_text(text: str) -> None:
    assert paragraph(f"  {text} ") == text
