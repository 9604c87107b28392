"""The texts by which a person is found again, whoever wrote her name and how. They are hashed with a key, never kept.

A date of birth is in none of them: it is often guessed, and a guess finds nobody and excludes nobody. It is compared once both are open.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from services.intake.casefile.domain.spelling import bones, plain, words

FULL_NAME, NAME_PARTS = "cor_FullName", ("prs_FirstName", "prs_MiddleName", "prs_SecondName")
BIRTHDATE = "prs_Birthdate"
DOCUMENTS = ("prs_IdentityNumber", "cor_TravelDocumentNumber")
TELEPHONES = ("prs_MobilePhone", "prs_HomePhone")
NAMES = frozenset({FULL_NAME, *NAME_PARTS})
LANGUAGES = ("prs_PrimaryLanguage", "prs_SecondaryLanguage")
FOUND_BY = NAMES | {*DOCUMENTS, *TELEPHONES}
"""The fields by which a person is looked for, and compared with who is found."""
INDEXED = FOUND_BY | {*LANGUAGES}
"""The fields that an index is made from."""

MOST_WORDS = 8
"""A name of more words is found by its first ones."""
MOST_BONES = 12
LEAST_BONES = 3
"""Of fewer consonants, one that is missing leaves too little to find anybody by."""
TELEPHONE_DIGITS, LEAST_DIGITS = 8, 6
"""The last digits of a telephone number are the same with a country's code and without."""
LEAST_DOCUMENT = 4

NOBODY_ALONE = 0
KEY, WHOLE, SOUND, NEAR, WORD, PART = 100, 12, 8, 5, 3, 2
"""How much two persons have in common who share such a text: it decides who is compared first, and nothing else."""


@dataclass(frozen=True, slots=True)
class IndexText:
    text: str
    weight: int


def name_of(fields: Mapping[str, str]) -> str:
    """The full name, or its parts together; empty for an anonymous case."""
    return fields.get(FULL_NAME) or " ".join(fields[part] for part in NAME_PARTS if part in fields)


def names_of(fields: Mapping[str, str]) -> list[str]:
    """The full name and the parts, where both are known: they never have to be the same."""
    parts = " ".join(fields[part] for part in NAME_PARTS if part in fields)
    return list(dict.fromkeys(name for name in (fields.get(FULL_NAME), parts) if name))


def index_texts(fields: Mapping[str, str]) -> list[IndexText]:
    """Everything that a person with these fields is found by, each text once."""
    found: dict[str, int] = {}
    for text, weight in _texts(fields):
        found[text] = max(weight, found.get(text, 0))
    return [IndexText(text, weight) for text, weight in found.items()]


def _texts(fields: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for name in names_of(fields):
        yield from _of_name(words(name)[:MOST_WORDS])
    for field in DOCUMENTS:
        if (number := document(fields.get(field, ""))) is not None:
            yield f"document|{number}", KEY
    for field in TELEPHONES:
        if (digits := telephone(fields.get(field, ""))) is not None:
            yield f"telephone|{digits[-TELEPHONE_DIGITS:]}", KEY
    for field in LANGUAGES:
        if field in fields:
            yield language_text(fields[field]), NOBODY_ALONE


def language_text(code: str) -> str:
    """The text by which lists are narrowed to a language. Nobody is looked for by it."""
    return f"language|{code}"


def _of_name(spelt: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Together and apart, in the order that was said and in any other."""
    if not spelt:
        return
    plains = [plain(word) for word in spelt]
    sounds = [bones(word) for word in spelt]
    for order in (plains, sorted(plains)):
        yield f"whole|{''.join(order)}", WHOLE
    for order in (sounds, sorted(sounds)):
        whole = "".join(order)[:MOST_BONES]
        yield f"sound|{whole}", SOUND
        if len(whole) >= LEAST_BONES:
            yield from ((f"sound|{near}", NEAR) for near in _with_one_missing(whole))
    yield from ((f"word|{word}", WORD) for word in plains)
    yield from ((f"part|{sound}", PART) for sound in sounds)
    yield from ((f"part|{first}{second}", WORD) for first, second in pairwise(sounds))
    if len(sounds) > 2:
        yield from ((f"two|{first}|{second}", NEAR) for first, second in combinations(sorted(sounds), 2))


def _with_one_missing(text: str) -> Iterator[str]:
    """The text without each of its letters: two texts that differ in one letter have one of these in common."""
    return (text[:place] + text[place + 1 :] for place in range(len(text)))


def document(text: str) -> str | None:
    """Letters and digits of a document's number as they are compared; None where it is too short to tell anybody by."""
    kept = "".join(_digit(character) for character in unicodedata.normalize("NFKC", text).upper())
    number = "".join(character for character in kept if character.isalnum())
    return number if len(number) >= LEAST_DOCUMENT else None


def telephone(text: str) -> str | None:
    """The digits of a telephone's number without leading zeros; None where they are too few."""
    kept = "".join(_digit(character) for character in text)
    digits = "".join(character for character in kept if character.isascii() and character.isdigit()).lstrip(
        "0"
    )
    return digits if len(digits) >= LEAST_DIGITS else None


def same_telephone(one: str, other: str) -> bool:
    """True for two numbers of which one may have the code of a country before it."""
    return one.endswith(other) or other.endswith(one)


def _digit(character: str) -> str:
    """A digit of any script in ASCII; Thai and Khmer forms are filled in with both."""
    value = unicodedata.digit(character, None)
    return character if value is None else str(value)
