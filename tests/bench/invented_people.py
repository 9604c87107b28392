"""The records of invented people for the benchmark of matching, and second records of some of them as clerks write them. The same seed gives the same."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from corridor.invented import InventedPerson, invented, spelt

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one person, as a clerk wrote it."""

    case_id: UUID
    person: int
    fields: dict[str, str]


def records(seed: int, people: int, second: int) -> list[Record]:
    """One record of every person, and of so many of them a second one with what clerks do to names and dates."""
    chance = random.Random(seed)
    persons = [invented(chance) for _ in range(people)]
    found = [Record(_id(chance), n, _first(chance, one)) for n, one in enumerate(persons)]
    again = chance.sample(range(people), second)
    return found + [Record(_id(chance), n, _second(chance, persons[n], found[n].fields)) for n in again]


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _first(chance: random.Random, one: InventedPerson) -> dict[str, str]:
    own = chance.random() < 0.4
    return {
        "cor_FullName": " ".join(spelt(chance, one, own_script=own, usual=True)),
        **_born(chance, one, full=0.6),
        **_numbers(chance, one, 0.5),
    }


def _second(chance: random.Random, one: InventedPerson, before: dict[str, str]) -> dict[str, str]:
    own = before["cor_FullName"][0].isascii() ^ (
        chance.random() < 0.7
    )  # in the other script three times of ten
    words = spelt(chance, one, own_script=own, usual=chance.random() < 0.5)
    if chance.random() < 0.25:
        words = [*words[1:], words[0]]
    if len(words) > 2 and chance.random() < 0.2:
        words.pop(chance.randrange(len(words)))
    if chance.random() < 0.4:
        place = chance.randrange(len(words))
        words[place] = _mistyped(chance, words[place], own_script=own)
    name = ("" if chance.random() < 0.1 else " ").join(words)
    return {"cor_FullName": name, **_born(chance, one, full=0.4), **_numbers(chance, one, 0.3)}


def _mistyped(chance: random.Random, word: str, *, own_script: bool) -> str:
    """A letter left out, doubled, exchanged with its neighbour or, in Latin, replaced by another."""
    if len(word) < 3:
        return word
    place = chance.randrange(1, len(word) - 1)
    kinds = [
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    ]
    if not own_script:
        kinds.append(word[:place] + chance.choice(LETTERS) + word[place + 1 :])
    return chance.choice(kinds)


def _born(chance: random.Random, one: InventedPerson, *, full: float) -> dict[str, str]:
    """The whole date, the year, a guess of the year, or nothing."""
    drawn = chance.random()
    if drawn < full:
        return {"prs_Birthdate": f"{one.year}-{one.month:02}-{one.day:02}"}
    if drawn < full + 0.15:
        return {"prs_Birthdate": str(one.year)}
    if drawn < full + 0.3:
        return {"prs_Birthdate": f"{one.year + chance.randrange(-2, 3)}~"}
    return {}


def _numbers(chance: random.Random, one: InventedPerson, share: float) -> dict[str, str]:
    return {
        **({"prs_MobilePhone": one.telephone} if chance.random() < share else {}),
        **({"cor_TravelDocumentNumber": one.document} if chance.random() < share / 2 else {}),
    }


def true_pairs(found: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """The places of two records of one person."""
    first: dict[int, int] = {}
    for place, one in enumerate(found):
        if one.person in first:
            yield first[one.person], place
        else:
            first[one.person] = place
