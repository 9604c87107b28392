"""A path of the console itself, to which somebody is sent back after signing in or choosing a language."""

import re

_OWN = re.compile(r"/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*/?)*")
MOST = 200


def own_path(said: str | None) -> str:
    """The path that was said where it is a plain path of ours, else the first page: nobody is led elsewhere by a link."""
    return said if said is not None and len(said) <= MOST and _OWN.fullmatch(said) else "/"
