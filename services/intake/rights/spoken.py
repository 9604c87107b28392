"""The values of the report in words of one language: a code by its label, an answer with its question, an instant as the clocks of the place have it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from contracts.casefile.fields import FIELDS
from contracts.checklist.reading import shipped
from contracts.codes import codes, labels
from services.intake.identification.domain.checklist import YES

NO = "no"
CHECKLIST, RESULT, DIMENSIONS, ASKED = "checklist", "result", "dimensions", "ask"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
_FLAGS = ("urgent_protection", "urgent_health")
_LISTS: Mapping[str, Sequence[str]] = {
    "flags": _FLAGS,
    "came_flags": _FLAGS,
    "needs": ("need",),
    "emergency": ("emergency",),
    "step": ("task_step",),
    "urgency": ("urgency",),
    "language": ("language",),
    "answers": ("answer",),
    "outcome": ("screening_outcome",),
}
"""Member of what is kept as JSON → the lists of its codes."""
_AS_JSON = {
    "call": {"text"},
    "case": {"flags", "came_flags"},
    "closing": {"reason", "reasons"},
    "draft": {"text"},
    "emergency": {"reason"},
    "form": {"answers"},
    "history": {"flags"},
    "needs": {"assessment"},
    "return": {"grounds"},
    "return_preparation": {"flags"},
    "screening": {"result", "answers"},
    "task": {"text"},
    "task_flags": {"flags"},
}
"""Section → the texts that are kept as JSON. Every other is shown as somebody wrote it, whatever it looks like."""


def label_of(name: str, code: str, language: str) -> str:
    """A code that this version does not know is shown as it is."""
    return labels(name, language)[code] if code in codes(name) else code


def spoken(value: Any, code_list: str | None, language: str) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(spoken(one, code_list, language) for one in value)
    return str(value) if code_list is None else label_of(code_list, str(value), language)


def told(section: str, name: str, value: Any, language: str, zone: ZoneInfo, checklist: str | None) -> str:
    """A value that has no code list of its own: an instant, or what is kept as JSON; any other text is shown as it is, and so is one
    that cannot be read as either.
    """
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        kept = _structure(section, name, value)
        return (
            spoken(value, None, language)
            if kept is None
            else "\n".join(_parts(name, kept, language, checklist))
        )
    except (ValueError, OverflowError, RecursionError):
        return spoken(value, None, language)


def _structure(section: str, name: str, value: Any) -> Any:
    """The object or list that a text is kept as; None where it is a text as people write it."""
    kept = json.loads(value) if isinstance(value, str) and name in _AS_JSON.get(section, ()) else value
    return kept if isinstance(kept, dict | list) else None


def _parts(name: str, kept: Any, language: str, checklist: str | None) -> Iterator[str]:
    """Each value with its label, where it has one. What was left empty is no part."""
    if isinstance(kept, dict) and ASKED in kept:
        yield f"{kept[ASKED]} {kept['shown']}"
    elif isinstance(kept, dict):
        members = _of_screening(kept) if name == RESULT and DIMENSIONS in kept else kept
        for member, one in members.items():
            label = _label(member, language, checklist)
            said = list(_parts(name if label else member, one, language, checklist))
            yield from [f"{label} {', '.join(said)}"] if label and said else said
    elif isinstance(kept, list):
        for one in kept:
            yield from _parts(name, one, language, checklist)
    elif kept not in (None, ""):
        yield _word(name, kept, language, checklist)


def _of_screening(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of the result of a screening what was found. Which question has no answer yet is nothing that is held about her."""
    found = [one for one in result[DIMENSIONS] if one["positive"]]
    return {"outcome": result["outcome"], "found": [one["name"] for one in found]}


def _word(name: str, value: Any, language: str, checklist: str | None) -> str:
    if isinstance(value, bool):
        return label_of("answer", YES if value else NO, language)
    lists = _LISTS.get(name, ())
    code_list = (
        FIELDS[name].codelist if name in FIELDS else next((li for li in lists if value in codes(li)), None)
    )
    if code_list is not None:
        return label_of(code_list, str(value), language)
    return _asked(checklist, language).get(str(value), str(value))


def _label(member: str, language: str, checklist: str | None) -> str | None:
    """The name of a field, or the text of a question; what has neither is understood without."""
    known = (
        label_of("field", member, language) if member in FIELDS else _asked(checklist, language).get(member)
    )
    return known if known is None or known.endswith("?") else f"{known}:"


@cache
def _asked(checklist: str | None, language: str) -> Mapping[str, str]:
    """Question or section → its text. Two lists may ask under one code: what the one of this row asks counts."""
    texts: dict[str, str] = {}
    of_row = [file for file in shipped() if checklist in {one.code for one in file.profiles.values()}]
    for file in (*(one for one in shipped() if one not in of_row), *of_row):
        used = language if language in file.languages else file.languages[0]
        for section in file.sections:
            texts[section.code] = section.title[used]
            texts |= {one.code: one.ask[used] for one in section.questions}
    return texts
