"""Persons who may be one, by their names and years of birth."""

import pytest

from services.intake.casefile.domain.duplicates import index_texts


def may_be_one(one, other):
    """As the index finds them: one asks for a text under which the other answers."""
    asked = {text.text for text in index_texts(one) if text.asks}
    return bool(asked & {text.text for text in index_texts(other) if text.answers})


ADA = {"cor_FullName": "Ada"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"cor_FullName": "Sók Dara"}, {"prs_FirstName": "DARA", "prs_SecondName": "Sok"}, True),
        (ADA | {"prs_Birthdate": "1998-05"}, ADA | {"prs_Birthdate": "1998"}, True),
        (ADA | {"prs_Birthdate": "1999~"}, ADA | {"prs_Birthdate": "1998-12-20"}, True),
        (ADA | {"prs_Birthdate": "1999?"}, ADA | {"prs_Birthdate": "2002"}, True),
        (ADA, ADA | {"prs_Birthdate": "1998"}, True),
        (ADA, ADA, True),
        (ADA | {"prs_Birthdate": "1998"}, ADA | {"prs_Birthdate": "1999"}, False),
        (ADA | {"prs_Birthdate": "1999~"}, ADA | {"prs_Birthdate": "2003"}, False),
        (ADA | {"prs_Birthdate": "1998"}, {"cor_FullName": "Bo", "prs_Birthdate": "1998"}, False),
        ({"prs_Birthdate": "1998"}, {"prs_Birthdate": "1998"}, False),
        ({"cor_FullName": "สม"}, {"cor_FullName": "สุม"}, False),
    ],
)
def test_a_doubted_or_missing_date_tells_nobody_apart_and_a_certain_one_does(one, other, expected):
    assert (may_be_one(one, other), may_be_one(other, one)) == (expected, expected)
