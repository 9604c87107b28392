"""Code lists as data: one JSON file a list, with its labels. An unknown code is refused at every edge, with its list named."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "th", "km", "fr", "es")
"""The languages in which every code has a label."""


class UnknownCode(ValueError):
    """The value is not in the list; the message names the list, never the value."""


@cache
def names() -> tuple[str, ...]:
    """The names of all lists."""
    found = (path.name for path in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


@cache
def content(name: str) -> Mapping[str, Any]:
    """The file of one list. Raises KeyError for a list that does not exist."""
    path = files(__name__).joinpath(f"{name}.json")
    if not path.is_file():
        raise KeyError(f"no code list {name!r}")
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def codes(name: str) -> Mapping[str, str]:
    """Code → English label of one list. Raises KeyError for a list that does not exist."""
    entries: dict[str, str] = content(name)["codes"]
    return entries


def chosen(name: str) -> Mapping[str, str]:
    """The same without what the list has `reserved`: codes under which the system is looked after, and which nobody chooses in an answer or a
    request.
    """
    kept = content(name).get("reserved", ())
    return {code: label for code, label in codes(name).items() if code not in kept}


def in_the_standard(name: str, code: str) -> str:
    """The code of a published standard for one of its list; a code of our own is there what the list's `standard`
    says, which is less than is known here.
    """
    meaning: str = content(name).get("standard", {}).get(code, code)
    return meaning


@cache
def labels(name: str, language: str) -> Mapping[str, str]:
    """Code → label of one list in a language. A list that repeats codes of others (`labelled_as`) has their labels,
    besides its own.
    """
    found = _stated(name, language)
    return {code: found[code] for code in codes(name)}


def unlabelled(name: str) -> Mapping[str, list[str]]:
    """Codes without a label → the languages in which they have none: somebody has yet to write it."""
    stated = {language: _stated(name, language) for language in LANGUAGES}
    missing = {code: [each for each in LANGUAGES if code not in stated[each]] for code in codes(name)}
    return {code: languages for code, languages in missing.items() if languages}


def _stated(name: str, language: str) -> Mapping[str, str]:
    if language == ENGLISH:
        return codes(name)
    found: dict[str, str] = {}
    for other in content(name).get("labelled_as", ()):
        found.update(_stated(other, language))
    found.update(content(name).get("labels", {}).get(language, {}))
    return found


@cache
def reviewed(name: str, language: str) -> bool:
    """True where a native speaker has looked at the list's labels, or they are English or the Unicode consortium's."""
    here = content(name)
    return language not in here["unreviewed"] and all(
        reviewed(other, language) for other in here.get("labelled_as", ())
    )


def forget() -> None:
    """Read the files again: they were written anew."""
    for kept in (names, content, labels, reviewed):
        kept.cache_clear()


def known(name: str, *, reserved: bool = True) -> Callable[[str], str]:
    """A validator that lets through only the codes of the list; without `reserved` only those that somebody may choose."""

    def check(value: str) -> str:
        if value not in (codes if reserved else chosen)(name):
            raise UnknownCode(f"not a code of the list '{name}'")
        return value

    return check
