"""The words of printed papers in each language; none of them would betray the person who carries one."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from chassis.printing.paper import LANGUAGES
from contracts import codes


@cache
def words(language: str) -> Mapping[str, Any]:
    """The file of one language of `LANGUAGES`. Its member `reviewed` says whether a native speaker has looked at it."""
    path = files("chassis.printing").joinpath("words", f"{language}.json")
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def paper_language(wanted: str | None, *others: str) -> str:
    """The first of these in which papers are printed, else English."""
    return next((one for one in (wanted, *others) if one in LANGUAGES), "en")


def country_name(code: str, language: str) -> str:
    """A language without labels of codes has the names of its neighbours here, and English ones for the rest."""
    here: Mapping[str, str] = words(language).get("countries", {})
    if code in here:
        return here[code]
    return codes.labels("country", language if language in codes.LANGUAGES else codes.ENGLISH)[code]


def day(at: date) -> str:
    """A day as everybody reads it alike."""
    return at.strftime("%Y-%m-%d")
