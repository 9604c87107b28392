"""The spelling of a name without what differs from clerk to clerk: script, case, marks, doubled letters, and how a sound is
written in Latin letters.

`words` keeps the sounds as they were written, for comparison. `bones` keeps the consonants alone, a class of sounds each, for an
index: two spellings of one name mostly have the same.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

_SILENT_THAI = re.compile("[\u0e01-\u0e2e][\u0e34\u0e38]?\u0e4c")
"""A Thai consonant under the mark of silence."""
_THAI_NY_AT_THE_END = re.compile("\u0e0d(?![\u0e30-\u0e3a\u0e40-\u0e44])")
_LAO_NYO_AT_THE_END = re.compile("\u0e8d(?![\u0eb0-\u0ecd])")
_WRITTEN_BEFORE = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])|([\u0ec0-\u0ec4])([\u0e81-\u0eae])")
"""A Thai or Lao vowel that stands before the consonant after which it is heard."""
_READ_OTHERWISE = str.maketrans(
    {
        "\u0e0d": "\u0e22",
        "\u103c": "\u103b",
        "\u101e": "\u1011",
        "\u1005": "\u1007",
        "\u17c6": "\u1798",
        "\u0ea7": "w",
        "\u0629": "\u0627",
        "\u0649": "\u064a",
    }
)
"""Letters that are heard as another than they are transliterated to: Thai yo ying before a vowel, the Burmese medial ra, tha and ca, the
Khmer nikahit, the Lao vo, the Arabic ta marbuta and alef maksura.
"""
_APART = re.compile(r"[^a-z0-9]+")
_WITHIN = re.compile(r"['\u2019\u02bc`\u00b4]")
_DOUBLED = re.compile(r"([a-z])\1+")
_SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"n[td]h?(?=[^aeiouyh]|$)", "n"),
        (r"ng|ny|gn", "n"),
        (r"tch|ch|dj|j|sh|z|x|c(?=[eiy])", "s"),
        (r"ph|f|b|p", "p"),
        (r"th|dh|d|t", "t"),
        (r"kh|gh|c|g|q|k", "k"),
        (r"l|r", "r"),
        (r"(?<=[aeiou])w(?![aeiouy])", ""),
        (r"w|v", "v"),
    )
)
_VOWELS = re.compile(r"[aeiouyh]")


@lru_cache(maxsize=50_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in Latin letters, in their order: `Mary-Ann` and `Mary Ann` have the same."""
    latin = anyascii(_heard(unicodedata.normalize("NFC", name))).lower()
    return tuple(word for word in _APART.split(_WITHIN.sub("", latin)) if word)


def _heard(name: str) -> str:
    name = _SILENT_THAI.sub("", name).replace("\u0e23\u0e23", "\u0e31")
    name = _WRITTEN_BEFORE.sub(r"\2\1\4\3", name.replace("\u0ecd\u0eb2", "\u0eb3"))
    name = _LAO_NYO_AT_THE_END.sub("y", _THAI_NY_AT_THE_END.sub("\u0e19", name))
    return name.translate(_READ_OTHERWISE)


def is_latin(name: str) -> bool:
    """True where the name is written in Latin letters, whatever marks they bear."""
    return all("LATIN" in unicodedata.name(letter, "") for letter in name if letter.isalpha())


def plain(word: str) -> str:
    """A word without doubled letters."""
    return _DOUBLED.sub(r"\1", word)


@lru_cache(maxsize=50_000)
def bones(word: str) -> str:
    """The consonants of a word, a class of sounds each; of a word without any, the word itself."""
    sounds = plain(word)
    for pattern, sound in _SOUNDS:
        sounds = pattern.sub(sound, sounds)
    return _VOWELS.sub("", plain(sounds)) or word
