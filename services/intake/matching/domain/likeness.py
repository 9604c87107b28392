"""The likeness of two records: what agrees, and how much it says. It orders and groups what a person looks at, and decides nothing.

What is missing or doubted in one of the two counts neither for them nor against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from contracts.casefile.partial_date import PartialDate
from services.intake.casefile.domain.index_texts import (
    BIRTHDATE,
    DOCUMENTS,
    TELEPHONES,
    document,
    names_of,
    same_telephone,
    telephone,
)
from services.intake.casefile.domain.spelling import bones, is_latin, plain, words

DOUBTED_YEARS = 3
"""The years that a doubted year of birth may be off: a person who says "about 1999" means any year near it."""

ALIKE, OTHER_SCRIPT, ONE_MISSING = 0.78, 0.93, 0.25
"""The likeness from which two words are one name; the most that consonants alone say; the loss by a word that the other lacks."""
LEAST_ALIKE, NAME = 0.65, 60
"""Below, two names say nothing; a same one says so much."""


class Agreement(StrEnum):
    """One thing that agrees: a code of the list `match_agreement`."""

    REFERENCE = "reference"
    OWN_NUMBER = "own-number"
    SAME_NAME = "same-name"
    SIMILAR_NAME = "similar-name"
    SAME_BIRTHDATE = "same-birthdate"
    POSSIBLE_BIRTHDATE = "possible-birthdate"
    DOCUMENT = "document"
    TELEPHONE = "telephone"


class Band(StrEnum):
    """The amount of what agrees altogether: a code of the list `match_band`."""

    STRONG = "strong"
    LIKELY = "likely"
    POSSIBLE = "possible"


BANDS: Mapping[Band, int] = {Band.STRONG: 80, Band.LIKELY: 60, Band.POSSIBLE: 30}
"""The least score of each, the highest first."""
OFFERED = 40
"""The least score of two cases that are offered unasked as perhaps of one person. Whoever looks for somebody sees more."""

_SAYS: Mapping[Agreement, int] = {
    Agreement.SAME_BIRTHDATE: 30,
    Agreement.POSSIBLE_BIRTHDATE: 8,
    Agreement.DOCUMENT: 60,
    Agreement.TELEPHONE: 45,
}
OTHER_BIRTHDATE = -25
MOST = 100
"""The score of one and the same."""


@dataclass(frozen=True, slots=True)
class Likeness:
    score: int
    agreements: tuple[Agreement, ...]

    @property
    def band(self) -> Band | None:
        """None where too little agrees to show it to anybody."""
        return next((band for band, least in BANDS.items() if self.score >= least), None)


def likeness(one: Mapping[str, str], other: Mapping[str, str]) -> Likeness:
    """The likeness of two persons by their fields; the same from either side."""
    name = max((name_likeness(a, b) for a in names_of(one) for b in names_of(other)), default=0.0)
    score = round(max(0.0, name - LEAST_ALIKE) / (1 - LEAST_ALIKE) * NAME)
    agreements = [Agreement.SAME_NAME if name == 1 else Agreement.SIMILAR_NAME] if score else []
    born = _born(one.get(BIRTHDATE), other.get(BIRTHDATE))
    if born is not None:
        agreements.append(born)
    elif BIRTHDATE in one and BIRTHDATE in other:
        score += OTHER_BIRTHDATE
    if _documents(one) & _documents(other):
        agreements.append(Agreement.DOCUMENT)
    if any(same_telephone(a, b) for a in _telephones(one) for b in _telephones(other)):
        agreements.append(Agreement.TELEPHONE)
    score += sum(_SAYS.get(agreement, 0) for agreement in agreements)
    return Likeness(min(score, MOST), tuple(agreements))


def _documents(fields: Mapping[str, str]) -> set[str]:
    return {number for field in DOCUMENTS if (number := document(fields.get(field, ""))) is not None}


def _telephones(fields: Mapping[str, str]) -> set[str]:
    return {digits for field in TELEPHONES if (digits := telephone(fields.get(field, ""))) is not None}


def _born(one: str | None, other: str | None) -> Agreement | None:
    """None where they contradict each other, and where one is missing."""
    if one is None or other is None:
        return None
    first, second = PartialDate.parse(one), PartialDate.parse(other)
    if first == second and not first.doubted and first.month is not None and first.until is None:
        return Agreement.SAME_BIRTHDATE
    return Agreement.POSSIBLE_BIRTHDATE if _may_be_one_day(first, second) else None


def _may_be_one_day(one: PartialDate, other: PartialDate) -> bool:
    """True where some day suits both, a doubted year being any year near it, and where day and month were exchanged or
    one digit was.
    """
    stretch = DOUBTED_YEARS * (one.doubted + other.doubted)
    if one.doubted or other.doubted:
        return (
            one.earliest().year - other.latest().year <= stretch
            and other.earliest().year - one.latest().year <= stretch
        )
    if one.earliest() <= other.latest() and other.earliest() <= one.latest():
        return True
    full = one.exact and other.exact
    exchanged = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return full and (exchanged or DamerauLevenshtein.distance(str(one), str(other)) == 1)


@lru_cache(maxsize=100_000)
def name_likeness(one: str, other: str) -> float:
    """From 0 to 1, which is the same name: in another order, with other blanks, and without marks in Latin script."""
    ours, theirs = (tuple(map(plain, words(name))) for name in (one, other))
    if not ours or not theirs:
        return 0.0
    script = is_latin(one) == is_latin(other)
    together = _words_alike("".join(ours), "".join(theirs), same_script=script)
    return max(together, _aligned(*sorted((ours, theirs), key=len), same_script=script))


def _aligned(fewer: tuple[str, ...], more: tuple[str, ...], *, same_script: bool) -> float:
    """Each word with the one that it is most like. A word that only one has takes away by its length."""
    left, total, letters = list(more), 0.0, 0
    for word in sorted(fewer, key=len, reverse=True):
        best = max(left, key=lambda each: _words_alike(word, each, same_script=same_script))
        left.remove(best)
        alike = _words_alike(word, best, same_script=same_script)
        size = len(word) + len(best)
        total += size * (alike if alike >= ALIKE else alike / 2)
        letters += size
    missing = sum(map(len, left)) / sum(map(len, more))
    return total / letters * (1 - ONE_MISSING * missing)


def _words_alike(one: str, other: str, *, same_script: bool) -> float:
    """By their letters and consonants; between scripts by consonants, for each writes vowels in another way."""
    letters = float(DamerauLevenshtein.normalized_similarity(one, other))
    if letters == 1:
        return letters
    sounds = OTHER_SCRIPT * float(DamerauLevenshtein.normalized_similarity(bones(one), bones(other)))
    return max(letters, (letters + sounds) / 2 if same_script else sounds)
