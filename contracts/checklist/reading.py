"""Reads the file of a checklist, and the lists that come with every cell. Raises with every mistake, not the first alone."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.checklist.faults import ENGLISH, faults
from contracts.checklist.forms import ChecklistFile, SectionForm

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ChecklistError(Exception):
    """The file is no checklist. It holds nothing about a person, so the sentences may be shown."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def checked(document: Any) -> ChecklistFile:
    """A checklist without a fault. Raises ChecklistError, each sentence beginning with the place."""
    try:
        found = ChecklistFile.model_validate(document)
    except ValidationError as error:
        said = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())
        raise ChecklistError(*said) from None
    problems = tuple(faults(found))
    if problems:
        raise ChecklistError(*problems)
    return found


def read_checklist(path: Path) -> ChecklistFile:
    """The checklist in a file. Raises ChecklistError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ChecklistError(f"file: not readable as JSON: {error}") from None
    return checked(document)


@cache
def shipped() -> tuple[ChecklistFile, ...]:
    """Every version of every list that comes with a cell, by name and version."""
    folder = Path(str(files(__package__).joinpath("lists")))
    return tuple(read_checklist(path) for path in sorted(folder.glob("*.json")))


def substance(one: ChecklistFile) -> str:
    """The hash of what an answer means: what is asked, in English, and how it is weighed. It is the same for ever in
    one version; translations, titles and reasons may be mended.
    """
    said = {
        "profiles": {name: [each.code, each.elements, each.rule] for name, each in one.profiles.items()},
        "positive": [[rule.rule, rule.at_least] for rule in one.positive],
        "sections": [[section.code, section.element, _asked(section)] for section in one.sections],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _asked(section: SectionForm) -> list[object]:
    return [[one.code, one.ask[ENGLISH], one.kind, one.weights, one.flag] for one in section.questions]


def list_schema() -> dict[str, Any]:
    """The JSON Schema of a checklist's file."""
    return {"$schema": DIALECT, "$id": "urn:corridor:checklist", **ChecklistFile.model_json_schema()}
