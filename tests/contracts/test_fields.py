"""The case file's fields: every value canonical or refused, and no refusal repeats the value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.fields import ALIASES, FIELDS, InvalidField, checked, from_text, to_text
from contracts.casefile.partial_date import InvalidDate
from contracts.classification import CASE_FILE
from contracts.codes import UnknownCode, codes

REFUSALS = (InvalidField, UnknownCode, InvalidDate)


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_a_field_belongs_to_a_category_and_names_its_list(field) -> None:
    assert field.category in codes("data_category")
    assert (field.codelist is not None) == (field.kind in {"code", "needs"})
    if field.codelist is not None:
        assert codes(field.codelist)
    assert CASE_FILE[field.name] in {"sensitive", "identity"}


def test_a_survey_spelling_leads_to_its_field() -> None:
    assert {FIELDS[name].name for name in ALIASES.values()} == set(ALIASES.values())


@pytest.mark.parametrize(
    ("name", "value", "canonical"),
    [
        ("cor_FullName", "  สุดา  ", "สุดา"),
        ("cor_FullName", "ចាន់  ដារ៉ា", "ចាន់ ដារ៉ា"),
        ("prs_Birthdate", "1998-05~", "1998-05~"),
        ("prs_NumberOfChildren", "2", "2"),
        ("prs_MailingLatitude", "-11.5621", "-11.5621"),
        ("prs_Gender", "Feminine", "Feminine"),
        ("prs_Citizenship", ["KH", "XXA", "KH"], ("KH", "XXA")),
        ("cor_Needs", "shelter", ("shelter",)),
        ("cor_Health", "asthma\r\ninhaler", "asthma\ninhaler"),
    ],
)
def test_a_good_value_comes_back_canonical(name: str, value, canonical) -> None:
    assert checked(name, value) == canonical


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prs_Gender", "secretvalue"),
        ("prs_Gender", ["Feminine"]),
        ("prs_Citizenship", []),
        ("prs_Citizenship", ["KH"] * 51),
        ("prs_Citizenship", [17]),
        ("prs_Birthdate", "1998-02-30"),
        ("prs_NumberOfChildren", "1e9"),
        ("prs_NumberOfChildren", "NaN"),
        ("prs_NumberOfChildren", "٣"),
        ("prs_Email", "secretvalue\n@example.org"),
        ("cor_FullName", "\u202esecretvalue"),
        ("cor_Health", "secretvalue\x00"),
        ("cor_Health", "   "),
        ("cor_Health", "x" * 2001),
    ],
)
def test_a_bad_value_is_refused_without_being_repeated(name: str, value) -> None:
    with pytest.raises(REFUSALS) as refused:
        checked(name, value)
    assert "secretvalue" not in str(refused.value)


def test_a_name_that_is_no_field_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        checked("cor_Nothing", "x")


@given(st.sampled_from(sorted(FIELDS)), st.text() | st.lists(st.text(), max_size=3))
def test_any_text_is_canonical_or_refused_and_canonical_is_stable(name: str, value) -> None:
    try:
        canonical = checked(name, value)
    except REFUSALS:
        return
    assert checked(name, canonical) == canonical
    assert from_text(name, to_text(canonical)) == canonical


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prs_NumberOfChildren", "-3"),
        ("prs_NumberOfChildren", "2.7"),
        ("prs_NumberOfChildren", "31"),
        ("vic_AgeWhenTrafficked", "-5"),
        ("vic_AgeWhenTrafficked", "250"),
        ("prs_MailingLatitude", "999"),
        ("prs_MailingLatitude", "-90.1"),
        ("prs_MailingLongitude", "180.5"),
    ],
)
def test_a_number_has_a_range(name: str, value: str) -> None:
    with pytest.raises(InvalidField):
        checked(name, value)


def test_every_number_of_a_case_file_has_a_range() -> None:
    assert [
        name for name, field in FIELDS.items() if (field.kind == "number") != (field.between is not None)
    ] == []
    assert checked("prs_MailingLatitude", "-90") == "-90"
    assert checked("prs_NumberOfChildren", "0") == "0"
