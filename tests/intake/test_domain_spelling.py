"""The spelling of names: two of one name share what they are found by, in whatever script and by whomever they were written."""

import pytest

from services.intake.casefile.domain.index_texts import (
    document,
    index_texts,
    same_telephone,
    telephone,
)
from services.intake.casefile.domain.spelling import bones, words


def found_by(name: str) -> set[str]:
    return {one.text for one in index_texts({"cor_FullName": name})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Srey Mom", "Sreymom"),
        ("Mary-Ann", "Mary Ann"),
        ("O'Brien", "Obrien"),
        ("Nilar", "Nilar Win"),
        ("Đặng Thị Hồng", "Dang Thi Hong"),
        ("علي", "علی"),
        ("فاطمة", "فاطمه"),
        ("Sok Dara", "DARA Sók"),
        ("Sok Dara", "Sok Dala"),
        ("Sok Dara", "Sk Dara"),
        ("Somchai Jaidee", "Somchay Jaidi"),
        ("สมหญิง", "Somying"),
        ("ศรีสุดา วงศ์ทอง", "Srisuda Wongthong"),
        ("กัญญา", "Kanya"),
        ("จันทร์", "Chan"),
        ("สมหญิง", "ស៊ំយិង"),
        ("សុខ ដារ៉ា", "Sok Dara"),
        ("ស្រីមុំ", "Srey Mom"),
        ("ចាន់ធី", "Chanthy"),
        ("နီလာဝင်း", "Nilar Win"),
        ("အောင်ကျော်", "Aung Kyaw"),
        ("သီတာ", "Thida"),
        ("خديجة", "Khadija"),
        ("محمد علي", "Mohammed Ali"),
        ("แก้ว", "Kaew"),
        ("ແກ້ວ", "Keo"),
        ("ຄຳ", "ຄໍາ"),
        ("ໂນຍ", "Noy"),
        ("Sok Dara", "Sok Dara Vanna"),
    ],
)
def test_two_spellings_of_a_name_are_found_by_one_another(one, other):
    assert found_by(one) & found_by(other)


@pytest.mark.parametrize(("one", "other"), [("Sok Dara", "Chea Vanna"), ("สมชาย", "กัญญา"), ("Ada", "Bo")])
def test_names_that_have_nothing_in_common_do_not_meet(one, other):
    assert not found_by(one) & found_by(other)


def test_a_name_has_words_in_latin_letters_and_consonants_by_their_sound():
    assert words("  Mary-Ann  O'Brien ") == ("mary", "ann", "obrien")
    assert (bones("phnom"), bones("fnom"), bones("chea"), bones("thida"), bones("aye")) == (
        "pnm",
        "pnm",
        "s",
        "tt",
        "aye",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("N 123-456", "N123456"), ("n123456", "N123456"), ("๑๒๓๔ ๕", "12345"), ("A-1", None), ("", None)],
)
def test_a_document_is_compared_by_its_letters_and_digits(text, expected):
    assert document(text) == expected


def test_a_telephone_is_the_same_with_the_code_of_its_country_and_without():
    full, short = telephone("+66 81 234 5678"), telephone("081-234-5678")
    assert (full, short, telephone("๐๘๑ ๒๓๔ ๕๖๗๘")) == ("66812345678", "812345678", "812345678")
    assert same_telephone(full or "", short or "")
    assert not same_telephone(full or "", telephone("091 234 5678") or "")
    assert telephone("112") is None


def test_nobody_is_found_by_a_date_of_birth():
    assert index_texts({"prs_Birthdate": "1998"}) == []
    assert index_texts({"cor_FullName": "Ada", "prs_Birthdate": "1998"}) == index_texts(
        {"cor_FullName": "Ada"}
    )
