"""An XLSForm as a form of ours: its survey and choices, and by row what of it cannot be taken."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.casefile.decided import DECIDED_ELSEWHERE
from contracts.casefile.fields import ALIASES, FIELDS, Field
from contracts.casefile.text import InvalidText, paragraph
from contracts.codes import codes
from contracts.types import CODE_PATTERN

ENGLISH = "en"
KINDS: Mapping[str, str] = {
    "text": "text",
    "string": "text",
    "date": "date",
    "integer": "number",
    "decimal": "number",
}
_CHOSEN: Mapping[str, str] = {"select_one": "one", "select_multiple": "many"}
_BEGIN, _END = ("begin_group", "begin group"), ("end_group", "end group")
_LABEL = re.compile(r"label(?:::.*\(([A-Za-z\-]{2,35})\))?")
_CONDITIONS = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count")
MAIN = "main"

SurveyRow = Mapping[str, str]
"""One row by the headings of its sheet, in lower case; a blank cell is not there."""


@dataclass(frozen=True, slots=True)
class Omission:
    """One thing that the form does not have: the sheet and row in the file, and why."""

    sheet: str
    row: int
    why: str


@dataclass(slots=True)
class Survey:
    """The rows of the two sheets, by their numbers in the file."""

    survey: Mapping[int, SurveyRow]
    choices: Mapping[int, SurveyRow]
    omissions: list[Omission] = field(default_factory=list)
    _lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def form(self, code: str, version: str, source: str) -> dict[str, Any]:
        """The document of a form, for `contracts.checklist.reading.checked`. What is not in it stands in `omissions`."""
        self._lists = self._read_choices()
        sections = [section for section in list(self._sections()) if section["questions"]]
        used = {
            question["choices"]
            for section in sections
            for question in section["questions"]
            if "choices" in question
        }
        return {
            "code": code,
            "version": version,
            "in_use": True,
            "purpose": "form",
            "source": source,
            "languages": [ENGLISH],
            "unreviewed": [],
            "sections": sections,
            "choices": {name: found for name, found in self._lists.items() if name in used},
        }

    def _read_choices(self) -> dict[str, list[dict[str, Any]]]:
        lists: dict[str, list[dict[str, Any]]] = {}
        for number, row in self.choices.items():
            listed, name, label = (
                row.get("list_name", ""),
                row.get("name", ""),
                self._label("choices", number, row),
            )
            if not (re.fullmatch(CODE_PATTERN, listed) and re.fullmatch(CODE_PATTERN, name)):
                self._not("choices", number, "the name of the list or of the choice is no code")
            elif label is None:
                self._not("choices", number, "it has no label in English")
            elif any(one["code"] == name for one in lists.get(listed, ())):
                self._not("choices", number, "its name stands in the list already")
            else:
                lists.setdefault(listed, []).append({"code": name, "label": {ENGLISH: label}})
        return lists

    def _sections(self) -> Iterator[dict[str, Any]]:
        open_sections = [_section(MAIN, "Questions")]
        yield open_sections[0]
        for number, row in self.survey.items():
            kind = " ".join(row.get("type", "").split())
            if kind in _BEGIN:
                label = self._label("survey", number, row) or row.get("name", f"group-{number}")
                open_sections.append(_section(row.get("name", f"group-{number}"), label))
                yield open_sections[-1]
            elif kind in _END:
                open_sections = open_sections[:-1] or open_sections
            elif (question := self._question(number, row, kind)) is not None:
                open_sections[-1]["questions"].append(question)

    def _question(self, number: int, row: SurveyRow, kind: str) -> dict[str, Any] | None:
        name, label = row.get("name", ""), self._label("survey", number, row)
        stated, _, listed = kind.partition(" ")
        ours = KINDS.get(kind) or _CHOSEN.get(stated)
        why = self._refusal(kind, ours, name, label)
        if ours is None or label is None or why is not None:
            self._not("survey", number, why or "")
            return None
        self._names.add(name)
        question: dict[str, Any] = {"code": name, "ask": {ENGLISH: label}, "kind": ours}
        if stated in _CHOSEN:
            question["choices"] = listed
        if row.get("required", "").casefold() in {"yes", "true", "true()"}:
            question["required"] = True
        for condition in _CONDITIONS:
            if condition in row:
                self._not("survey", number, f"its {condition} is left out: every question is asked")
        found = FIELDS.get(ALIASES.get(name, name))
        strange = self._strange(found, ours, listed)
        if found is None or strange is not None:
            self._not("survey", number, f"a question of the form alone: {strange}")
            return question
        return {**question, "field": found.name}

    def _refusal(self, kind: str, ours: str | None, name: str, label: str | None) -> str | None:
        """Why a row is no question; None where it is one."""
        stated, _, listed = kind.partition(" ")
        if ours is None:
            return f"there is no answer of the type {kind!r} here"
        if not re.fullmatch(CODE_PATTERN, name) or name in self._names:
            return "its name is no code, or stands there already"
        if label is None:
            return "it has no label in English"
        return "its list has no choices" if stated in _CHOSEN and listed not in self._lists else None

    def _strange(self, found: Field | None, kind: str, listed: str) -> str | None:
        """Why the answer is no field of a case file; None where it is one."""
        if found is None:
            return "no field of a case file has its answer"
        if found.name in DECIDED_ELSEWHERE:
            return DECIDED_ELSEWHERE[found.name]
        if found.codelist is None:
            return f"{found.name} takes no code" if kind in _CHOSEN.values() else None
        if kind not in _CHOSEN.values():
            return f"{found.name} takes a code of a list, and this asks for a text"
        unknown = [one["code"] for one in self._lists[listed] if one["code"] not in codes(found.codelist)]
        return f"{found.name} does not take {', '.join(unknown[:5])}" if unknown else None

    def _label(self, sheet: str, number: int, row: SurveyRow) -> str | None:
        """The English label, or the one without a language. Labels in others are left out, and said so."""
        found: dict[str, str] = {}
        for heading, value in row.items():
            if matched := _LABEL.fullmatch(heading):
                found[(matched.group(1) or "").casefold()] = value
        left_out = sorted(language for language in found if language not in {"", ENGLISH})
        if left_out:
            self._not(sheet, number, f"its label in {', '.join(left_out)} is left out")
        try:
            return paragraph(found.get(ENGLISH) or found.get("") or "").replace("\u00a0", " ").strip()
        except InvalidText:
            return None

    def _not(self, sheet: str, row: int, why: str) -> None:
        self.omissions.append(Omission(sheet, row, why))


def _section(code: str, title: str) -> dict[str, Any]:
    return {"code": code, "title": {ENGLISH: title}, "questions": []}


def rows_of(lines: Sequence[Sequence[str | None]]) -> dict[int, SurveyRow]:
    """The rows of a sheet by their numbers, under its headings."""
    headings = [(text or "").strip().casefold() for text in lines[0]] if lines else []
    return {
        number: row
        for number, cells in enumerate(lines[1:], 2)
        if (
            row := {
                h: text.strip()
                for h, text in zip(headings, cells, strict=False)
                if h and text and text.strip()
            }
        )
    }
