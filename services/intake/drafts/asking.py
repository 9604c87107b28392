"""An intake that is asked with a form of the cell: which one, answers half-way, and what becomes of them when it is submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chassis.problems import Invalid
from chassis.service import Service
from contracts.checklist.forms import ChecklistFile
from services.intake.casefile.api.prepared import canonical_date
from services.intake.casefile.sealing import seal_json
from services.intake.casefile.use_cases import NewCase
from services.intake.identification.domain.field_classes import FORM
from services.intake.identification.domain.form import Answer, AskedForm, in_use, of_version
from services.intake.identification.store.records import SealedForm

OF_FORM = ("form", "form_version", "form_answers")
"""Members of a draft's content that are a form's, and no case's."""
UNKNOWN, GONE = (
    "the cell asks with no form of this name",
    "the file of this form is no longer among those of the cell",
)


def asked_with(service: Service, code: str) -> ChecklistFile:
    """Raises Invalid for a form that no intake is begun with."""
    found = in_use(service.settings.country.forms).get(code)
    if found is None:
        raise Invalid(errors=[{"loc": ["body", "form"], "msg": UNKNOWN, "code": "unknown-form"}])
    return found


def _form_of(service: Service, content: Mapping[str, Any]) -> AskedForm | None:
    """The form that it was begun with; None where there was none. Raises Invalid where its file is gone."""
    if "form" not in content:
        return None
    found = of_version(service.settings.country.forms, content["form"], content["form_version"])
    if found is None:
        raise Invalid(errors=[{"loc": ["draft", "form"], "msg": GONE, "code": "form-gone"}])
    return AskedForm(found, partial(canonical_date, service))


def take_answers(service: Service, content: dict[str, Any], sent: Mapping[str, Any]) -> None:
    """Look at answers that were just merged into the content: names alone, but an urgent flag that a yes raises stands from now on.
    Raises Invalid.
    """
    if not sent:
        return
    form = _form_of(service, content)
    if form is None or form.strange(sent):
        message = (
            "it was begun without a form" if form is None else "an answer names no question of this form"
        )
        raise Invalid(errors=[{"loc": ["body", "form_answers"], "msg": message, "code": "unknown-question"}])
    if raised := form.raised(sent):
        content["flags"] = sorted({*content.get("flags", []), *raised})


@dataclass(frozen=True, slots=True)
class AnsweredForm:
    """The answers to a form when the intake is submitted: the fields that they are, what is kept, and what is wrong with them."""

    form: AskedForm | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    fields: Mapping[str, Answer] = field(default_factory=dict)
    asked_by: Mapping[str, str] = field(default_factory=dict)
    """Field → the question that it was the answer to."""
    errors: Sequence[dict[str, Any]] = ()

    def place(self, loc: Sequence[str]) -> list[str]:
        """The place of a fault of a field: the question, where it was asked by one."""
        question = self.asked_by.get(loc[-1])
        return list(loc[1:]) if question is None else ["form_answers", question]

    async def sealed(self, service: Service, case: NewCase) -> SealedForm | None:
        """None where nothing was answered."""
        if self.form is None or not (kept := self.form.record(self.answers)):
            return None
        text = await seal_json(service.vault, case.person_id, FORM, case.case_id, kept)
        return SealedForm(self.form.file.code, self.form.file.version, text)


def answers_of(service: Service, content: Mapping[str, Any]) -> AnsweredForm:
    """Every mistake is named, and a field that was answered twice is one."""
    form = _form_of(service, content)
    if form is None:
        return AnsweredForm()
    answers: Mapping[str, Answer] = content.get("form_answers", {})
    wrong = dict(form.faults(answers))
    taken = {name: one for name, one in form.fields(answers).items() if one[0] not in wrong}
    errors = [_error(question, str(error), error.code) for question, error in wrong.items()]
    twice = "this was answered as a field of the case as well: take one of the two back"
    errors += [
        _error(question, twice, "answered-twice")
        for name, (question, _) in taken.items()
        if name in content.get("fields", {})
    ]
    fields = {name: answer for name, (_, answer) in taken.items()}
    return AnsweredForm(form, answers, fields, {name: q for name, (q, _) in taken.items()}, errors)


def _error(question: str, message: str, code: str) -> dict[str, Any]:
    return {"loc": ["draft", "form_answers", question], "msg": message, "code": code}
