"""Routes: the forms of the cell that an intake can be asked with, and what a case's form was answered with."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from chassis.identity.access import require
from chassis.problems import NotFound
from chassis.service import Running
from chassis.vault.vault import Sealing
from chassis.web.http import Who
from contracts.checklist.forms import ChecklistFile, Kind, ListCode, QuestionForm
from contracts.types import Code, VersionLabel
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import open_json
from services.intake.casefile.store import cases
from services.intake.identification import queries
from services.intake.identification.api.checklists import ENGLISH, Language
from services.intake.identification.domain import form
from services.intake.identification.domain.field_classes import FORM

router = APIRouter(tags=["screenings"])


class ChoiceView(BaseModel):
    code: str
    label: str


class FormQuestion(BaseModel):
    """One question. `field`: its answer becomes this field of the case file; null: it is kept with the form alone. `kind`:
    `one` and `many` of `choices`, a text, a number, a date, or an answer of the list `answer`, of which a yes raises `flag` at once.
    """

    question: str
    ask: str
    why: str | None
    kind: Kind
    choices: list[ChoiceView]
    field: Annotated[str, Code("field")] | None
    required: bool
    flag: str | None


class FormSection(BaseModel):
    title: str
    why: str | None
    questions: list[FormQuestion]


class FormView(BaseModel):
    """One version of a form in a language. `reviewed`: a native speaker has looked at these texts."""

    form: str
    version: str
    in_use: bool
    source: str
    language: str
    languages: list[str]
    reviewed: bool
    sections: list[FormSection]


@router.get(
    "/v1/forms", summary="The forms that an intake can be asked with, with their questions in a language"
)
async def list_forms(actor: Who, service: Running, language: Language = None) -> list[FormView]:
    require(actor, "case.read", organisation=actor.organisation)
    country = service.settings.country
    spoken = language or country.languages[0]
    return [_view(one, spoken) for one in form.in_use(country.forms).values()]


@router.get("/v1/forms/{form}/versions/{version}", summary="One version of a form, in use or not")
async def get_form(
    code: Annotated[ListCode, Path(alias="form")],
    version: VersionLabel,
    actor: Who,
    service: Running,
    language: Language = None,
) -> FormView:
    require(actor, "case.read", organisation=actor.organisation)
    country = service.settings.country
    found = form.of_version(country.forms, code, version)
    if found is None:
        raise NotFound
    return _view(found, language or country.languages[0])


class FormAnswer(BaseModel):
    """One question as it was asked, the answer, and the answer in words; both texts are in English."""

    question: str
    ask: str
    answer: str | list[str]
    shown: str


class FormAnswersView(BaseModel):
    """The answers of the intake, when the case was taken in. What is known now stands among the fields of the case."""

    form: str
    version: str
    at: datetime
    by: str
    answers: list[FormAnswer]


@router.get(
    "/v1/cases/{case_id}/form-answers", summary="The answers to the form that the intake was asked with"
)
async def get_form_answers(
    case_id: UUID, actor: Who, service: Running, response: Response
) -> FormAnswersView:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        row = await queries.form_answers(tx, case_id)
        tx.say(record_read(case_id, "form"))
    (answers,) = await open_json(service.vault, [Sealing(case.person_id, FORM, case_id, row.answers)])
    response.headers["Cache-Control"] = "no-store"
    return FormAnswersView(
        form=row.form, version=row.form_version, at=row.at, by=row.by, answers=answers or []
    )


def _view(file: ChecklistFile, spoken: str) -> FormView:
    language = spoken if spoken in file.languages else ENGLISH
    return FormView(
        form=file.code,
        version=file.version,
        in_use=file.in_use,
        source=file.source,
        language=language,
        languages=list(file.languages),
        reviewed=language not in file.unreviewed,
        sections=[
            FormSection(
                title=section.title[language],
                why=None if section.why is None else section.why[language],
                questions=[_question(file, question, language) for question in section.questions],
            )
            for section in file.sections
        ],
    )


def _question(file: ChecklistFile, question: QuestionForm, language: str) -> FormQuestion:
    choices = file.choices.get(question.choices or "", [])
    return FormQuestion(
        question=question.code,
        ask=question.ask[language],
        why=None if question.why is None else question.why[language],
        kind=question.kind,
        choices=[ChoiceView(code=one.code, label=one.label[language]) for one in choices],
        field=question.field,
        required=question.required,
        flag=question.flag,
    )
