"""Invented people for the benchmark of matching: names in four scripts, and second records of some of them as clerks write them.

The same seed gives the same people. A name is put together of parts, each with its spelling in the person's own script and those in which
it is written in Latin letters.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

Part = tuple[str, ...]
"""The part in its own script, and then as it is romanised: the usual way first."""

KHMER_FAMILY: tuple[Part, ...] = (
    ("សុខ", "Sok"), ("ចាន់", "Chan"), ("គឹម", "Kim", "Keum"), ("លី", "Ly", "Lee"), ("ហេង", "Heng"), ("ជា", "Chea"),
    ("កែវ", "Keo", "Kev"), ("ម៉ៅ", "Mao", "Mov"), ("នួន", "Nuon", "Noun"), ("អ៊ុក", "Ouk", "Uk"), ("ប៉ែន", "Pen"),
    ("ព្រំ", "Prum", "Prom"), ("រស់", "Ros", "Rous"), ("សំ", "Sam", "Som"), ("ស៊ន", "Son", "Sorn"), ("តាន់", "Tan"),
    ("ទេព", "Tep"), ("យឹម", "Yim", "Yem"), ("វ៉ាន់", "Van"), ("មាស", "Meas"), ("ឈឹម", "Chhim", "Chim"), ("ហ៊ុន", "Hun"),
)  # fmt: skip
KHMER_GIVEN: tuple[Part, ...] = (
    ("ដារ៉ា", "Dara"), ("វណ្ណា", "Vanna"), ("សុភា", "Sophea", "Sopha"), ("រតនា", "Ratana", "Rattana"), ("ធីតា", "Thida", "Tida"),
    ("បុប្ផា", "Bopha", "Bupha"), ("ស្រីមុំ", "Sreymom", "Srey Mom"), ("ស្រីពៅ", "Sreypov", "Srey Pov"), ("ចាន់ធី", "Chanthy", "Chan Thy"),
    ("សុវណ្ណ", "Sovann", "Sovan"), ("បញ្ញា", "Panha", "Panya"), ("វិសាល", "Visal", "Wisal"), ("ពិសិដ្ឋ", "Piseth", "Piset"),
    ("មករា", "Makara"), ("សុខា", "Sokha"), ("នារី", "Neary", "Nary"), ("ម៉ាលី", "Maly", "Mali"), ("កល្យាណ", "Kalyan", "Kolyan"),
    ("សម្បត្តិ", "Sambath", "Sambat"), ("វាសនា", "Veasna"), ("ចិន្តា", "Chenda", "Chinda"), ("សុជាតា", "Socheata"), ("រស្មី", "Reaksmey", "Rasmey"),
    ("លក្ខិណា", "Leakhena", "Lakhena"), ("ផល្លា", "Phalla", "Palla"), ("សារ៉ាត់", "Sarath", "Sarat"), ("បូរី", "Borey", "Bory"), ("និមល", "Nimol", "Nimul"),
)  # fmt: skip
THAI_HEAD: tuple[Part, ...] = (
    ("สม", "Som"), ("ศรี", "Sri", "See"), ("สุ", "Su"), ("วิ", "Wi", "Vi"), ("ประ", "Pra"), ("นิ", "Ni"), ("กัน", "Kan"), ("พร", "Porn", "Phon"),
    ("ธน", "Thana", "Tana"), ("อรุณ", "Arun", "Aroon"), ("จันทร์", "Chan", "Jan"), ("บุญ", "Boon", "Bun"), ("ชัย", "Chai", "Chay"), ("ทอง", "Thong", "Tong"),
)  # fmt: skip
THAI_TAIL: tuple[Part, ...] = (
    ("ชาย", "chai", "chay"), ("หญิง", "ying"), ("ดา", "da"), ("พร", "porn", "phon"), ("ศักดิ์", "sak"), ("วรรณ", "wan", "van"), ("รัตน์", "rat"),
    ("ลักษณ์", "lak"), ("มาลี", "mali", "malee"), ("นภา", "napa", "napha"), ("เดช", "det", "dej"), ("ชาติ", "chat"), ("กุล", "kul", "kun"), ("ภา", "pa", "pha"),
)  # fmt: skip
THAI_FAMILY_TAIL: tuple[Part, ...] = (
    ("วงศ์", "wong", "vong"), ("สุข", "suk", "sook"), ("ทอง", "thong", "tong"), ("ดี", "dee", "di"), ("แก้ว", "kaew", "keo"), ("มงคล", "mongkol", "mongkon"),
    ("เจริญ", "charoen", "jaroen"), ("สวัสดิ์", "sawat", "savat"), ("พันธ์", "phan", "pan"), ("ศิริ", "siri"),
)  # fmt: skip
BURMESE: tuple[Part, ...] = (
    ("နီလာ", "Nilar", "Nila"), ("ဝင်း", "Win", "Wynn"), ("အောင်", "Aung"), ("ကျော်", "Kyaw"), ("သီတာ", "Thida", "Thidar"), ("မြင့်", "Myint", "Myin"),
    ("ခင်", "Khin", "Kin"), ("မြတ်", "Myat", "Mya"), ("စု", "Su"), ("ဇော်", "Zaw"), ("လှ", "Hla"), ("ဖြူ", "Phyu", "Pyu"), ("မာ", "Mar", "Ma"), ("စိုး", "Soe", "So"),
    ("ထွန်း", "Tun", "Htun"), ("နွယ်", "Nwe", "Nway"), ("ရီ", "Yi", "Yee"), ("သန်း", "Than"), ("မိုး", "Moe", "Mo"), ("လင်း", "Lin", "Linn"), ("ညို", "Nyo"), ("ဦး", "Oo", "U"),
)  # fmt: skip
GROUPS = ("khmer", "thai", "burmese")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one person, as a clerk wrote it."""

    case_id: UUID
    person: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Person:
    names: tuple[tuple[Part, ...], ...]
    """The words of the name, each of parts."""
    year: int
    month: int
    day: int
    telephone: str
    document: str


def records(seed: int, people: int, second: int) -> list[Record]:
    """One record of every person, and of so many of them a second one with what clerks do to names and dates."""
    chance = random.Random(seed)
    persons = [_person(chance) for _ in range(people)]
    found = [Record(_id(chance), n, _first(chance, one)) for n, one in enumerate(persons)]
    again = chance.sample(range(people), second)
    return found + [Record(_id(chance), n, _second(chance, persons[n], found[n].fields)) for n in again]


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _person(chance: random.Random) -> _Person:
    group = chance.choice(GROUPS)
    if group == "khmer":
        given = (chance.choice(KHMER_GIVEN),)
        names = ((chance.choice(KHMER_FAMILY),), given)
        if chance.random() < 0.5:
            names = (*names, (chance.choice(KHMER_GIVEN),))
    elif group == "thai":
        given = (chance.choice(THAI_HEAD), chance.choice(THAI_TAIL))
        names = (given, (chance.choice(THAI_HEAD), chance.choice(THAI_TAIL), chance.choice(THAI_FAMILY_TAIL)))
    else:
        names = tuple((one,) for one in chance.sample(BURMESE, chance.choice((3, 3, 4))))
    number = f"{chance.choice('689')}{chance.randrange(10**7):07}"
    return _Person(
        names,
        chance.randrange(1965, 2014),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
        f"+66 {number}",
        f"{chance.choice('ABNPT')}{chance.randrange(10**7):07}",
    )


def _name(chance: random.Random, one: _Person, *, own_script: bool, usual: bool) -> list[str]:
    words = []
    for parts in one.names:
        spelt = [part[0] if own_script else part[1] if usual else chance.choice(part[1:]) for part in parts]
        words.append("".join(spelt) if own_script else "".join(spelt).capitalize())
    return words


def _first(chance: random.Random, one: _Person) -> dict[str, str]:
    own = chance.random() < 0.4
    return {
        "cor_FullName": " ".join(_name(chance, one, own_script=own, usual=True)),
        **_born(chance, one, full=0.6),
        **_numbers(chance, one, 0.5),
    }


def _second(chance: random.Random, one: _Person, before: dict[str, str]) -> dict[str, str]:
    own = before["cor_FullName"][0].isascii() ^ (
        chance.random() < 0.7
    )  # in the other script three times of ten
    words = _name(chance, one, own_script=own, usual=chance.random() < 0.5)
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


def _born(chance: random.Random, one: _Person, *, full: float) -> dict[str, str]:
    """The whole date, the year, a guess of the year, or nothing."""
    drawn = chance.random()
    if drawn < full:
        return {"prs_Birthdate": f"{one.year}-{one.month:02}-{one.day:02}"}
    if drawn < full + 0.15:
        return {"prs_Birthdate": str(one.year)}
    if drawn < full + 0.3:
        return {"prs_Birthdate": f"{one.year + chance.randrange(-2, 3)}~"}
    return {}


def _numbers(chance: random.Random, one: _Person, share: float) -> dict[str, str]:
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
