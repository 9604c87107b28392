"""What two records of one person have in common: the text behind a blind index. It is hashed with a key, never kept."""

import unicodedata
from collections.abc import Mapping

NAME_PARTS = ("prs_FirstName", "prs_MiddleName", "prs_SecondName")


def name_of(fields: Mapping[str, str]) -> str:
    """The full name, or its parts together; empty for an anonymous case."""
    return fields.get("cor_FullName") or " ".join(fields[part] for part in NAME_PARTS if part in fields)


def index_text(fields: Mapping[str, str]) -> str | None:
    """Name without case, marks and order of its parts, and the year of birth. None without a name."""
    words = sorted(_bare(word) for word in name_of(fields).split())
    joined = " ".join(word for word in words if word)
    return f"{joined}|{fields.get('prs_Birthdate', '')[:4]}" if joined else None


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
