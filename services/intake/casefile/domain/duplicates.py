"""The likeness of two records of one person: the texts behind blind indexes. They are hashed with a key, never kept."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.casefile.partial_date import PartialDate

NAME_PARTS = ("prs_FirstName", "prs_MiddleName", "prs_SecondName")
BIRTHDATE = "prs_Birthdate"
INDEXED = frozenset({"cor_FullName", BIRTHDATE, *NAME_PARTS})
"""The fields that an index is made from."""

DOUBTED_YEARS = 3
"""The years that a doubted year of birth may be off: a person who says "about 1999" means any year near it."""


@dataclass(frozen=True, slots=True)
class IndexText:
    """One text of a person. Two cases may be of one person where one `asks` for a text under which the other `answers`."""

    text: str
    asks: bool = True
    answers: bool = True


def name_of(fields: Mapping[str, str]) -> str:
    """The full name, or its parts together; empty for an anonymous case."""
    return fields.get("cor_FullName") or " ".join(fields[part] for part in NAME_PARTS if part in fields)


def index_texts(fields: Mapping[str, str]) -> list[IndexText]:
    """Name without case, marks and order of its parts, with each year of birth that is possible. None without a name.

    A missing date tells nobody apart: such a case is compared with every case of its name, and they with it.
    """
    words = sorted(_bare(word) for word in name_of(fields).split())
    name = " ".join(word for word in words if word)
    if not name:
        return []
    anyone, undated = f"{name}|any", f"{name}|undated"
    if BIRTHDATE not in fields:
        return [IndexText(anyone), IndexText(undated, asks=False)]
    years = [IndexText(f"{name}|{year}") for year in _years(PartialDate.parse(fields[BIRTHDATE]))]
    return [*years, IndexText(anyone, asks=False), IndexText(undated, answers=False)]


def _years(born: PartialDate) -> range:
    stretch = DOUBTED_YEARS if born.doubted else 0
    return range(born.earliest().year - stretch, born.latest().year + stretch + 1)


def _bare(word: str) -> str:
    """Marks fall away in Latin script alone: in Khmer, Thai and others they are vowels and part of the name."""
    kept = []
    base = ""
    for character in unicodedata.normalize("NFKD", word.casefold()):
        category = unicodedata.category(character)
        if category[0] == "M" and base and "LATIN" in unicodedata.name(base, ""):
            continue
        if category[0] in "LMN":
            kept.append(character)
            base = character
    return "".join(kept)
