"""The forms about what is known of her: one for each field of a case file, by its number, and one for her urgent flags. Correcting is
recording anew, with a reason.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from contracts.casefile.decided import DECIDED_ELSEWHERE
from contracts.casefile.fields import FIELDS, ONE_LINE, Field
from contracts.codes import codes
from services.console import answers
from services.console.asking import Order
from services.console.commands.form import CASE, Command, FormField, Sender, Subject, Typed, one
from services.console.commands.interview import URGENT, shown_in, value_of
from services.console.commands.work_forms import WHY_CHANGED
from services.console.words import marked

SUBJECT = Subject("cases", "case_id", marked("Back to what is known of her"), page="/cases/{case_id}/fields")
NAMES = tuple(name for name in FIELDS if name not in DECIDED_ELSEWHERE)
"""The fields that can be recorded, in the order of their numbers."""
RECORD = Order("intake", "record_fields", "PUT", "/v1/cases/{case_id}/fields")
FEW_CODES = 8
DONE = marked("It was saved. What stood before is kept in the history of the case.")


def _answered_as(field: Field) -> FormField:
    """The field as it is answered: its choices, parts of a date, a line or several."""
    if field.kind == "date":
        return FormField(field.name, "date")
    if field.codelist is None:
        return FormField(field.name, "line" if field.category in ONE_LINE or field.kind == "number" else "words")  # fmt: skip
    if field.multiple:
        return FormField(field.name, "checkboxes", codes=field.codelist)
    few = len(codes(field.codelist)) <= FEW_CODES
    return FormField(field.name, "radios" if few else "select", codes=field.codelist)


def _body(field: FormField, typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """The body that puts what was typed in place of what stands; nothing typed takes it away."""
    del sender
    chosen = [said for said in typed.get(field.name, ()) if said]
    value = (chosen or None) if field.kind == "checkboxes" else value_of(field, typed)
    why = one(typed, "reason")
    return {"fields": {field.name: value}} | ({"reason": why} if why else {})


def form_of(case_id: object, number: int, title: str) -> Command:
    """The form of one field, whose label is its title."""
    name = NAMES[number - 1]
    plain = _answered_as(FIELDS[name])
    field = FormField(plain.name, plain.kind, title, codes=plain.codes)
    return Command(
        SUBJECT,
        RECORD,
        answers.CASE,
        title=marked("Record or correct"),
        button=marked("Save"),
        done=DONE,
        fields=(field, WHY_CHANGED),
        body=partial(_body, field),
        intro=(marked("Leave it empty to take away what stands there."),),
        address=f"/cases/{case_id}/fields/{number}",
    )


def stands(number: int, recorded: answers.Fields) -> Typed:
    """The recorded value of this field, as it would be typed."""
    name = NAMES[number - 1]
    return shown_in(_answered_as(FIELDS[name]), recorded.fields.get(name))


FLAGGED = "flags"
FLAGS_SAVED = marked("The urgent flags were saved. A supervisor is told at once of one that was raised.")


def _flagged(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """Both fields of flags, as they are now."""
    del sender
    why = one(typed, "reason")
    return {**URGENT.saved(typed)} | ({"reason": why} if why else {})


def flags_form(case_id: object) -> Command:
    """The form of her urgent flags, which act when they are raised."""
    return Command(
        CASE,
        RECORD,
        answers.CASE,
        title=marked("Raise or lower an urgent flag"),
        button=marked("Save the flags"),
        done=FLAGS_SAVED,
        fields=(*URGENT.fields, WHY_CHANGED),
        body=_flagged,
        pins=True,
        shown="flags-now.html",
        shows=answers.FIELDS,
        intro=(
            marked("A supervisor is told at once of a flag that is newly ticked, and its steps are added to the tasks."),
            marked("Take away what is so no more, and say why. What it asked for stays to be done until somebody says otherwise."),
        ),
        address=f"/cases/{case_id}/flags",
        then=f"/cases/{case_id}?done={FLAGGED}",
    )  # fmt: skip


def standing(recorded: answers.Fields) -> Typed:
    """The flags that stand, as they would be ticked."""
    return {
        field.name: [flag for flag in codes(field.codes) if flag in recorded.standing_flags]
        for field in URGENT.fields
    }
