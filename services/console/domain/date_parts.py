"""A date of which only a part may be known, as its parts are typed one by one; what it means is for the service to say."""

from collections.abc import Mapping

PARTS = ("day", "month", "year")
ABOUT = "about"
_DOUBTED = "~"


def written(parts: Mapping[str, str]) -> str:
    """The text of a date of these parts; empty where none was typed. What is no number stays as it was typed."""
    day, month, year = (parts.get(name, "").strip() for name in PARTS)
    known = [year, *(part.zfill(2) if part else "" for part in (month, day))]
    while known and not known[-1]:
        known.pop()
    return "-".join(known) + (_DOUBTED if known and parts.get(ABOUT) else "")


def read(text: str) -> dict[str, str]:
    """The parts of a text that `written` made; any other text stands as the year, where it can be seen and mended."""
    plain = text.removesuffix(_DOUBTED)
    found = plain.split("-")
    if len(found) > len(PARTS) or not all(part.isdigit() or not part for part in found):
        return {"year": text}
    year, month, day = (*found, "", "")[: len(PARTS)]
    return {"day": day, "month": month, "year": year, ABOUT: "yes" if plain != text else ""}
