"""Routes: the checklists as data, with their questions in a language."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.identity.access import require
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Who
from contracts.casefile.language import LanguageTag
from contracts.checklist.forms import ChecklistFile, Profile, QuestionForm, SectionForm
from contracts.checklist.reading import shipped
from contracts.types import KnownCode, VersionLabel

ENGLISH = "en"

router = APIRouter(prefix="/v1/checklists", tags=["screenings"])

Language = Annotated[
    LanguageTag | None,
    Query(
        description="a list that has no texts in it is given in English; by default the first language of the country"
    ),
]


class Question(BaseModel):
    """`weight`: D decisive, S strong, M medium, W weak; null: the answer is kept and counts nothing. A yes raises `flag`
    at once. `unchecked`: indicator or weight could not be compared with the source; `own`: the source does not have it.
    """

    indicator: str
    ask: str
    why: str | None
    names: str | None
    weight: str | None
    flag: str | None
    unchecked: bool
    own: bool


class SectionView(BaseModel):
    """The questions of one dimension, and the reason for asking them."""

    dimension: str
    element: str
    title: str
    why: str | None
    questions: list[Question]


class ChecklistView(BaseModel):
    """One version of a checklist in one profile and language. `reviewed`: a native speaker has looked at these texts;
    `unchecked`: what about the list could not be checked.
    """

    checklist: str
    version: str
    in_use: bool
    profile: str
    title: str
    source: str
    unchecked: list[str]
    language: str
    languages: list[str]
    reviewed: bool
    sections: list[SectionView]


@router.get("", summary="The checklists in use, with their questions in a language")
async def list_checklists(actor: Who, service: Running, language: Language = None) -> list[ChecklistView]:
    require(actor, "case.read", organisation=actor.organisation)
    spoken = language or service.settings.country.languages[0]
    return [_view(file, profile, spoken) for file in shipped() if file.in_use for profile in file.profiles]


@router.get("/{checklist}/versions/{version}", summary="One version of a checklist, in use or not")
async def get_checklist(
    checklist: Annotated[str, KnownCode("checklist")],
    version: VersionLabel,
    actor: Who,
    service: Running,
    language: Language = None,
) -> ChecklistView:
    require(actor, "case.read", organisation=actor.organisation)
    spoken = language or service.settings.country.languages[0]
    for file in shipped():
        for profile, stated in file.profiles.items():
            if (stated.code, file.version) == (checklist, version):
                return _view(file, profile, spoken)
    raise NotFound


def _view(file: ChecklistFile, profile: Profile, spoken: str) -> ChecklistView:
    language = spoken if spoken in file.languages else ENGLISH
    stated = file.profiles[profile]
    return ChecklistView(
        checklist=stated.code,
        version=file.version,
        in_use=file.in_use,
        profile=profile,
        title=stated.title[language],
        source=file.source,
        unchecked=list(file.unchecked),
        language=language,
        languages=list(file.languages),
        reviewed=language not in file.unreviewed,
        sections=[_section(section, profile, language) for section in file.sections],
    )


def _section(section: SectionForm, profile: Profile, language: str) -> SectionView:
    return SectionView(
        dimension=section.code,
        element=section.element or "",
        title=section.title[language],
        why=_text(section.why, language),
        questions=[_question(question, profile, language) for question in section.questions],
    )


def _question(question: QuestionForm, profile: Profile, language: str) -> Question:
    return Question(
        indicator=question.code,
        ask=question.ask[language],
        why=_text(question.why, language),
        names=question.indicator,
        weight=question.weights.get(profile),
        flag=question.flag,
        unchecked=question.unchecked,
        own=question.own,
    )


def _text(texts: Mapping[str, str] | None, language: str) -> str | None:
    return None if texts is None else texts[language]
