"""Invented people of the local stack, its seed and the benchmark of matching: names in three scripts, and what of a person a record has.

A name is put together of parts, each with its spelling in the person's own script and those in which it is written in Latin letters. The
same chance gives the same people.
"""

import random
from dataclasses import dataclass

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
LANGUAGES = {"khmer": "km", "thai": "th", "burmese": "my"}
"""The groups of names, and the language of each."""
GROUPS = tuple(LANGUAGES)


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who is not there: a name, a birth, a telephone and a document."""

    group: str
    names: tuple[tuple[Part, ...], ...]
    """The words of the name, each of parts."""
    year: int
    month: int
    day: int
    telephone: str
    document: str

    @property
    def language(self) -> str:
        return LANGUAGES[self.group]


def invented(chance: random.Random, group: str = "") -> InventedPerson:
    """Somebody of the group, or of any."""
    group = group or chance.choice(GROUPS)
    names = _names(chance, group)
    number = f"{chance.choice('689')}{chance.randrange(10**7):07}"
    return InventedPerson(
        group,
        names,
        chance.randrange(1965, 2014),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
        f"+66 {number}",
        f"{chance.choice('ABNPT')}{chance.randrange(10**7):07}",
    )


def spelt(
    chance: random.Random, person: InventedPerson, *, own_script: bool, usual: bool = True
) -> list[str]:
    """The words of the name in one script; in Latin letters as usual, or as one clerk or another writes it."""
    words = []
    for parts in person.names:
        chosen = [part[0] if own_script else part[1] if usual else chance.choice(part[1:]) for part in parts]
        words.append("".join(chosen) if own_script else "".join(chosen).capitalize())
    return words


def _names(chance: random.Random, group: str) -> tuple[tuple[Part, ...], ...]:
    if group == "khmer":
        given = (chance.choice(KHMER_GIVEN),)
        names: tuple[tuple[Part, ...], ...] = ((chance.choice(KHMER_FAMILY),), given)
        return (*names, (chance.choice(KHMER_GIVEN),)) if chance.random() < 0.5 else names
    if group == "thai":
        first = (chance.choice(THAI_HEAD), chance.choice(THAI_TAIL))
        return first, (chance.choice(THAI_HEAD), chance.choice(THAI_TAIL), chance.choice(THAI_FAMILY_TAIL))
    return tuple((one,) for one in chance.sample(BURMESE, chance.choice((3, 3, 4))))
