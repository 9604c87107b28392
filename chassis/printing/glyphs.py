"""The characters that the fonts draw; a name in another script is written in Latin letters instead of as empty boxes."""

from functools import cache
from importlib.resources import files
from struct import unpack_from
from typing import Any

from anyascii import anyascii

_FORMAT_4, _FORMAT_12 = 4, 12
_IGNORED = frozenset("\u200b\u200c\u200d\u2060\n")
"""Drawn as nothing, by a font or without one."""
_REPEATED = str.maketrans({"\u17d7": "\u2060\u17d7", "\u0e46": "\u2060\u0e46"})
"""The signs by which Khmer and Thai repeat a word: no line begins with one."""


def drawable(value: Any) -> Any:
    """The same value with every text as the fonts can draw it."""
    if isinstance(value, str):
        return "".join(one if draws(one) else anyascii(one) for one in value).translate(_REPEATED)
    if isinstance(value, dict):
        return {name: drawable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(one) for one in value]
    return value


def draws(character: str) -> bool:
    return ord(character) in characters() or character in _IGNORED


@cache
def characters() -> frozenset[int]:
    """Every character that some regular font has a glyph for."""
    folder = files("chassis.printing").joinpath("fonts")
    fonts = (path.read_bytes() for path in folder.iterdir() if path.name.endswith("-Regular.ttf"))
    return frozenset().union(*map(_characters_of, fonts))


def _characters_of(font: bytes) -> set[int]:
    """The characters of the table `cmap` of a TrueType font."""
    start = _table(font, b"cmap")
    (count,) = unpack_from(">H", font, start + 2)
    offsets = {unpack_from(">HHI", font, start + 4 + 8 * place)[2] for place in range(count)}
    return set().union(*(_mapped(font, start + offset) for offset in offsets))


def _table(font: bytes, tag: bytes) -> int:
    (count,) = unpack_from(">H", font, 4)
    tables = (unpack_from(">4sIII", font, 12 + 16 * place) for place in range(count))
    return next(int(offset) for name, _, offset, _ in tables if name == tag)


def _mapped(font: bytes, at: int) -> set[int]:
    (format_,) = unpack_from(">H", font, at)
    if format_ == _FORMAT_4:
        (twice,) = unpack_from(">H", font, at + 6)
        ends = unpack_from(f">{twice // 2}H", font, at + 14)
        starts = unpack_from(f">{twice // 2}H", font, at + 16 + twice)
        ranges = zip(starts, ends, strict=True)
        return {one for start, end in ranges for one in range(start, end + 1)} - {0xFFFF}
    if format_ == _FORMAT_12:
        (groups,) = unpack_from(">I", font, at + 12)
        found = (unpack_from(">III", font, at + 16 + 12 * place) for place in range(groups))
        return {one for start, end, _ in found for one in range(start, end + 1)}
    return set()
