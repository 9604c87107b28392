"""The records that a departure needs, each made by the person who found it: the risk assessment, fitness to travel,
and the other checks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, model_validator

from chassis.identity.access import find_person
from chassis.problems import Invalid
from chassis.web.http import Done, Listing, Who
from contracts.casefile.text import Paragraph
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.types import KnownCode
from services.returns import queries, sealing, use_cases
from services.returns.api.moving import Moving
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import UNSAFE
from services.returns.domain.check import DOCUMENTS, FITNESS, LONGEST, Check
from services.returns.domain.facts import Fact
from services.returns.domain.fitness import Certificate, Fitness
from services.returns.domain.states import Half, Verb
from services.returns.parts import Running
from services.returns.store import returns

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["preparation"])

MOST_WEEKS = 45
F = TypeVar("F")


class AssessmentForm(Form):
    """A risk assessment. `grounds` are hers: they are kept under her key and never cross the border. A warning may
    come without them.
    """

    result: Annotated[str, KnownCode("risk_result")]
    grounds: Paragraph | None = None


class CheckForm(Form):
    """A check. A travel document needs the last day on which it counts (its number is kept nowhere); every other
    check its grounds, which are kept under her key. `standing` false takes the former record back.
    """

    check: Annotated[str, KnownCode("return_check")]
    standing: bool = True
    valid_until: date | None = None
    grounds: Paragraph | None = None


class CertificateForm(Form):
    issued_on: date
    valid_until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_until < self.issued_on:
            raise ValueError("ends before it begins")
        return self


class FitnessForm(Form):
    """A clinician's findings; all of them are kept under her key. `escort`: she may travel only with somebody."""

    fit: bool
    assessed_on: date
    pregnancy_weeks: Annotated[int | None, Field(ge=0, le=MOST_WEEKS)] = None
    multiple: bool = False
    birth_on: date | None = None
    newborn_travels: bool = False
    escort: bool = False
    certificate: CertificateForm | None = None


@dataclass(frozen=True, slots=True)
class SealedForm(Generic[F]):
    """A form whose text is sealed."""

    form: F
    grounds: str | None


async def sealed_assessment(
    return_id: UUID, body: AssessmentForm, actor: Who, running: Running
) -> SealedForm[AssessmentForm]:
    """Seal before the request's transaction, because the vault is another database."""
    if body.grounds is None:
        if body.result != UNSAFE:
            raise _needed("grounds", "whoever finds it safe says why")
        return SealedForm(body, None)
    sealed = await sealing.seal(running, actor, Verb.ASSESS, return_id, sealing.GROUNDS, body.grounds)
    return SealedForm(body, sealed)


async def sealed_check(
    return_id: UUID, body: CheckForm, actor: Who, running: Running
) -> SealedForm[CheckForm]:
    if body.check == FITNESS:
        raise use_cases.refused("check", "is recorded as an assessment of its own", "recorded-elsewhere")
    if body.standing and body.check in DOCUMENTS and body.valid_until is None:
        raise _needed("valid_until", "the last day on which the document counts")
    if body.valid_until is not None and body.valid_until > _today(running) + LONGEST:
        raise use_cases.refused(
            "valid_until", "no paper counts so long: is the year of another era?", "too-far"
        )
    if body.standing and body.check not in DOCUMENTS and body.grounds is None:
        raise _needed("grounds", "who found it, and on what grounds")
    if body.grounds is None:
        return SealedForm(body, None)
    kind = f"{sealing.CHECK}.{body.check}"
    return SealedForm(body, await sealing.seal(running, actor, Verb.CHECK, return_id, kind, body.grounds))


async def sealed_fitness(return_id: UUID, body: FitnessForm, actor: Who, running: Running) -> str:
    """Seal the findings, with the urgent flags that were in force: one raised later is not answered by them."""
    _nothing_to_come(body, _today(running))
    seen = await sealing.see(running, actor, Verb.CHECK, return_id)
    given = body.certificate
    found = Fitness(
        fit=body.fit,
        assessed_on=body.assessed_on,
        weeks=body.pregnancy_weeks,
        multiple=body.multiple,
        birth_on=body.birth_on,
        newborn=body.newborn_travels,
        escort=body.escort,
        certificate=None if given is None else Certificate(given.issued_on, given.valid_until),
        flags=seen.flags,
    )
    return await sealing.seal_fitness(running, actor, return_id, found)


def _today(running: Running) -> date:
    return running.parts.country.day(running.clock())


def _nothing_to_come(body: FitnessForm, today: date) -> None:
    issued = None if body.certificate is None else body.certificate.issued_on
    days = {"assessed_on": body.assessed_on, "birth_on": body.birth_on, "certificate.issued_on": issued}
    for name, day in days.items():
        if day is not None and day > today:
            raise use_cases.refused(name, "this date is still to come", "date-in-the-future")


def _needed(field: str, message: str) -> Invalid:
    return use_cases.refused(field, message, "missing")


@router.post("/assess", summary="The risk assessment: its result, and its grounds under her key")
async def assess_return(
    sealed: Annotated[SealedForm[AssessmentForm], Depends(sealed_assessment)], moving: Moving
) -> Done:
    def assess(found: Return) -> Sequence[Fact]:
        return found.assess(sealed.form.result, sealed.grounds, moving.actor.subject, moving.tx.now)

    return await moving.move(Verb.ASSESS, assess)


@router.post("/fitness", summary="Fitness to travel, as a clinician found it")
async def assess_fitness(sealed: Annotated[str, Depends(sealed_fitness)], moving: Moving) -> Done:
    check = Check(True, moving.tx.now, moving.actor.subject, grounds=sealed)
    return await moving.move(Verb.CHECK, lambda r: r.check(FITNESS, check))


@router.post("/checks", summary="A document, an escort, or what a child needs; the newest of a kind counts")
async def record_check(
    sealed: Annotated[SealedForm[CheckForm], Depends(sealed_check)], moving: Moving
) -> Done:
    form = sealed.form
    check = Check(form.standing, moving.tx.now, moving.actor.subject, form.valid_until, sealed.grounds)
    return await moving.move(Verb.CHECK, lambda r: r.check(form.check, check))


@router.get("/checks", summary="What was recorded for the departure, with its grounds; the reading is logged")
async def list_checks(return_id: UUID, actor: Who, running: Running) -> Listing[queries.CheckView]:
    """Read in one transaction; sealed grounds are opened when it has ended."""
    async with running.database.transaction(actor.origin()) as tx:
        half, case_id = await returns.half_of(tx, actor, "return.read", return_id)
        found, person_id = await returns.read(tx, return_id, Half(half)), await find_person(tx, case_id)
        tx.say(RecordReadV1(case_id=case_id, resource="return", resource_id=return_id))
    texts = await sealing.open_checks(running, person_id, found)
    return Listing(items=queries.check_views(found, texts))
