"""`corridor checklist`: names the mistakes of a checklist's file, and makes one of an XLSForm."""

import json
from pathlib import Path

from rich.console import Console

from contracts.checklist.reading import ChecklistError, checked, read_checklist
from corridor.country import CheckFailedError


def check_checklist(file: Path, console: Console) -> None:
    """Print every mistake of the file, and the notes on one without mistakes. Raises CheckFailedError."""
    try:
        found = read_checklist(file)
    except ChecklistError as error:
        raise CheckFailedError("\n".join(error.problems)) from None
    console.print(
        f"{found.code} {found.version} is whole: {len(found.questions())} questions in {', '.join(found.languages)}.",
        markup=False,
        soft_wrap=True,
    )
    if found.unreviewed:
        console.print(f"  note: no native speaker has looked at {', '.join(found.unreviewed)}", markup=False)
    for sentence in found.unchecked:
        console.print(f"  note: {sentence}", markup=False, soft_wrap=True)


def import_checklist(file: Path, to: Path, code: str, version: str, console: Console) -> None:
    """Write an XLSForm as a form, and print what of it could not be taken, by sheet and row. Raises CheckFailedError."""
    from services.interchange.domain.cells import BadFile
    from services.interchange.domain.survey import Survey, rows_of
    from services.interchange.workbook import sheets

    try:
        found = sheets(file.read_bytes(), "survey", "choices")
    except BadFile as error:
        raise CheckFailedError(f"{file.name}: {error}") from None
    survey = Survey(rows_of(found["survey"]), rows_of(found["choices"]))
    document = survey.form(code, version, f"XLSForm {file.name}")
    for one in sorted(survey.omissions, key=lambda one: (one.sheet != "survey", one.row)):
        console.print(f"  {one.sheet}, row {one.row}: {one.why}", markup=False, soft_wrap=True)
    try:
        form = checked(document)
    except ChecklistError as error:
        raise CheckFailedError("\n".join(error.problems)) from None
    to.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fields = sum(1 for question in form.questions() if question.field is not None)
    said = f"{to.name}: {len(form.questions())} questions, {fields} of them fields of a case file."
    console.print(said, markup=False, soft_wrap=True)
