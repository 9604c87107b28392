"""The likeness of two records: what agrees, how much it says, and what is missing or doubted counts for nothing."""

import pytest

from services.intake.matching.domain.likeness import Agreement, Band, likeness, name_likeness

ADA = {"cor_FullName": "Ada Sok"}
SAME, SIMILAR = Agreement.SAME_NAME, Agreement.SIMILAR_NAME
DAY, PERHAPS = Agreement.SAME_BIRTHDATE, Agreement.POSSIBLE_BIRTHDATE


def compared(one, other):
    """The same from either side."""
    found = likeness(one, other)
    assert found == likeness(other, one)
    return found.band, set(found.agreements)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Srey Mom", "Sreymom"),
        ("Mary-Ann", "mary ann"),
        ("Đặng", "Dang"),
        ("علي", "علی"),
        ("Sók Dara", "DARA Sok"),
        ("Nilar", "Nillar"),
    ],
)
def test_a_name_is_the_same_in_any_order_with_any_blanks_and_without_marks(one, other):
    assert compared({"cor_FullName": one}, {"cor_FullName": other}) == (Band.LIKELY, {SAME})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nilar", "Nilar Win"),
        ("สมหญิง", "Somying"),
        ("សុខ ដារ៉ា", "Sok Dara"),
        ("Somchai Jaidee", "Somchay Jaidi"),
        ("Sok Dara", "Sok Dora"),
        ("محمد علي", "Mohammed Ali"),
    ],
)
def test_a_name_with_a_part_missing_misspelt_or_in_another_script_is_similar(one, other):
    assert compared({"cor_FullName": one}, {"cor_FullName": other}) == (Band.POSSIBLE, {SIMILAR})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sok Dara", "Sok Vanna"),
        ("Nguyen Van An", "Nguyen Thi Binh"),
        ("สม", "สุม"),
        ("Ada", "Bo"),
        ("Ada", ""),
    ],
)
def test_another_name_says_nothing(one, other):
    assert compared({"cor_FullName": one}, {"cor_FullName": other})[0] is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1998-12-20", "1998-12-20", (Band.STRONG, {SAME, DAY})),
        ("1998-05", "1998", (Band.LIKELY, {SAME, PERHAPS})),
        ("1999~", "1998-12-20", (Band.LIKELY, {SAME, PERHAPS})),
        ("1999?", "2002", (Band.LIKELY, {SAME, PERHAPS})),
        ("1998-05-12", "1998-12-05", (Band.LIKELY, {SAME, PERHAPS})),
        ("1998-05-12", "1988-05-12", (Band.LIKELY, {SAME, PERHAPS})),
        (None, "1998", (Band.LIKELY, {SAME})),
        (None, None, (Band.LIKELY, {SAME})),
        ("1998", "1987", (Band.POSSIBLE, {SAME})),
        ("1999~", "2003", (Band.POSSIBLE, {SAME})),
    ],
)
def test_a_missing_or_doubted_date_excludes_nobody_and_a_certain_other_one_counts_against(
    one, other, expected
):
    born = [{} if date is None else {"prs_Birthdate": date} for date in (one, other)]
    assert compared(ADA | born[0], ADA | born[1]) == expected


def test_a_document_or_telephone_finds_her_under_another_name():
    papers = {
        "cor_FullName": "Ada",
        "cor_TravelDocumentNumber": "N 12-3456",
        "prs_MobilePhone": "+66 81 234 5678",
    }
    document = {"cor_FullName": "Bopha", "prs_IdentityNumber": "n123456"}
    assert compared(papers, document) == (Band.LIKELY, {Agreement.DOCUMENT})
    telephone = {"cor_FullName": "Bopha", "prs_HomePhone": "081 234 5678"}
    assert compared(papers, telephone) == (Band.POSSIBLE, {Agreement.TELEPHONE})


def test_the_full_name_and_its_parts_are_each_a_name_of_hers():
    parts = {"prs_FirstName": "Ada", "prs_SecondName": "Chan"}
    assert compared(ADA | parts, {"cor_FullName": "Ada Chan"}) == (Band.LIKELY, {SAME})


def test_an_empty_record_is_like_no_other():
    assert compared({}, {}) == (None, set())
    assert name_likeness("", "") == 0
