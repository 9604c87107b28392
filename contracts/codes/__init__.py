"""Code lists as data: one JSON file a list. An unknown code is refused at every edge, with its list named."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files


class UnknownCode(ValueError):
    """The value is not in the list; the message names the list, never the value."""


@cache
def codes(name: str) -> Mapping[str, str]:
    """Code → label of one list. Raises KeyError for a list that does not exist."""
    path = files(__name__).joinpath(f"{name}.json")
    if not path.is_file():
        raise KeyError(f"no code list {name!r}")
    entries: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["codes"]
    return entries


def known(name: str) -> Callable[[str], str]:
    """A validator that lets through only the codes of the list."""

    def check(value: str) -> str:
        if value not in codes(name):
            raise UnknownCode(f"not a code of the list '{name}'")
        return value

    return check
