"""A path of the console itself, to which somebody is sent back after signing in or choosing a language."""

import re

_WORD = r"[A-Za-z0-9_-]+"
_PART = rf"{_WORD}(?:\.{_WORD})*"
_OWN = re.compile(rf"/(?:{_PART}/)*(?:{_PART})?")
"""Each text fits in one way at most: else one that does not fit could keep the process busy for ever."""
MOST = 200


def own_path(said: str | None) -> str:
    """The path that was said where it is a plain path of ours, else the first page: nobody is led elsewhere by a link."""
    return said if said is not None and len(said) <= MOST and _OWN.fullmatch(said) else "/"
