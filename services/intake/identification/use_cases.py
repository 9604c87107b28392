"""The use cases of identification: one function, one transaction. Values come sealed, before it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.problems import NotFound, PreconditionFailed, WrongState, expect
from contracts.casefile.fields import NEEDS
from services.intake.casefile.domain.age import AgeEvidence, Group
from services.intake.casefile.domain.case import Case, CaseVerb
from services.intake.casefile.domain.facts import CaseFact
from services.intake.casefile.store import ages, cases, pairs
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.store.records import put_fields
from services.intake.casefile.use_cases import SealedFields, answered, record
from services.intake.identification.domain.facts import Fact
from services.intake.identification.domain.identification import Identification
from services.intake.identification.outgoing import outgoing
from services.intake.identification.store import assessments, holds, records
from services.intake.identification.store.records import SealedDecision, SealedScreening


@dataclass(frozen=True, slots=True)
class PreparedScreening:
    """A screening, and the urgent flags that its answers raise; None where they raise none that does not stand."""

    sealed: SealedScreening
    flags: SealedFields | None = None


async def screen_case(
    tx: Transaction, actor: Actor, case_id: UUID, new: PreparedScreening, today: date
) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.SCREEN], case_id, lock=True)
    one = new.sealed
    with answered():
        facts = Identification(case).screen(one.id, one.checklist, one.version, one.result, one.corrects)
    if one.corrects is not None and await records.is_corrected(tx, one.corrects):
        raise WrongState  # the correction is what is corrected
    await records.add_screening(tx, actor, case_id, one)
    if new.flags is None:
        await _save(tx, case, facts)
    else:
        tx.say(*map(outgoing, facts))
        await record(tx, actor, case, new.flags, today)
    return case


@dataclass(frozen=True, slots=True)
class SealedStatus:
    """A decision on the formal status. `revision` is the one that the ciphertexts are bound to."""

    revision: int
    deciding_organisation: str
    status: str
    reasons: str
    fields: Mapping[str, str]


async def identify(
    tx: Transaction, actor: Actor, case_id: UUID, seen: int | None, decision: SealedStatus
) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.IDENTIFY], case_id, lock=True)
    expect(case.version, seen)
    if decision.revision != case.status_revision + 1:
        raise PreconditionFailed
    with answered():
        facts = Identification(case).identify(
            decision.deciding_organisation, decision.status, decision.fields
        )
    sealed = SealedDecision(
        case_id, decision.revision, decision.deciding_organisation, decision.status, decision.reasons
    )
    await records.add_statuses(tx, [sealed], organisation=actor.organisation, by=actor.subject)
    await put_fields(tx, actor, case, decision.fields)
    await _save(tx, case, facts)
    return case


@dataclass(frozen=True, slots=True)
class SealedAssessment:
    """A decision on her age. `revision` is the one that the reasons are bound to, `version` the case that was looked at."""

    revision: int
    version: int
    group: Group
    evidence: str
    reasons: str
    on_record: AgeEvidence


async def assess_age(
    tx: Transaction, actor: Actor, case_id: UUID, seen: int | None, decision: SealedAssessment, today: date
) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.ASSESS_AGE], case_id, lock=True)
    expect(case.version, seen)
    if (decision.revision, decision.version) != (case.age_revision + 1, case.version):
        raise PreconditionFailed
    with answered():
        facts = Identification(case).assess_age(decision.group, decision.on_record, today)
    await assessments.add(tx, actor, case, decision.evidence, decision.reasons)
    await ages.put(tx, {case.id: case.age})
    await _save(tx, case, facts)
    return case


@dataclass(frozen=True, slots=True)
class SealedNeeds:
    """An assessment, and the same needs as the field that may be disclosed."""

    id: UUID
    urgency: str
    needs: str
    field: str


async def assess_needs(
    tx: Transaction, actor: Actor, case_id: UUID, seen: int | None, assessment: SealedNeeds
) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.ASSESS_NEEDS], case_id, lock=True)
    expect(case.version, seen)
    with answered():
        field = {NEEDS: assessment.field}
        facts = Identification(case).assess_needs(assessment.id, assessment.urgency, assessment.needs, field)
    await records.add_needs(tx, actor, case_id, assessment.id, assessment.urgency, assessment.needs)
    await put_fields(tx, actor, case, field)
    await _save(tx, case, facts)
    return case


async def place_hold(tx: Transaction, actor: Actor, case_id: UUID, until: datetime | None) -> UUID:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.PLACE_HOLD], case_id, lock=True)
    identification, hold_id = Identification(case), tx.new_id()
    with answered():
        facts = identification.place_hold(hold_id, until, tx.now)
    await holds.add(tx, actor, case_id, hold_id, identification.holds[hold_id].until)
    await _save(tx, case, facts)
    for shared in await holds.share(tx, case_id, await pairs.linked(tx, case_id), case.organisation):
        tx.say(outgoing(shared))
    return hold_id


async def lift_hold(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID) -> None:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.LIFT_HOLD], case_id, lock=True)
    identification = Identification(case, await holds.of(tx, case_id))
    try:
        with answered():
            facts = identification.lift_hold(hold_id, tx.now)
    except KeyError:
        raise NotFound from None
    await holds.lift(tx, actor, case_id, hold_id)
    await _save(tx, case, facts)


async def _save(tx: Transaction, case: Case, facts: Sequence[Fact | CaseFact]) -> None:
    """Save the case under its next version, and say the facts in the order in which they happened."""
    await cases.save(tx, case, ())
    tx.say(*map(outgoing, facts))
