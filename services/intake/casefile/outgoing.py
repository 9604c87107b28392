"""Domain fact → contract event, or work that is due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.outbox import DueWork
from chassis.vault.vault import Erasure
from contracts.envelope import Event
from contracts.events.access import RecordReadV1
from contracts.events.intake import (
    AgeGroupChangingV1,
    AgeGroupKnownV1,
    CaseAssignedV1,
    CaseClosedV1,
    CaseErasedV1,
    CaseOpenedV1,
    CaseReferencedV1,
    CaseReopenedV1,
    CaseResumedV1,
    CaseTransferredV1,
    CaseUnattendedV1,
    DependantsChangedV1,
    DisclosureClosedV1,
    FieldsRecordedV1,
    FlagsRecordedV1,
    GlassBrokenV1,
    GlassReviewedV1,
    PairDecidedV1,
)
from services.intake.casefile.domain import facts
from services.intake.casefile.domain.facts import CaseFact

DESTROY_KEY = "destroy-key"
RELEASE = "release-records"
CARRY_HOLDS = "carry-holds"
TASKS = "tasks-of-case"
UNOPENED, NOBODY_LEFT = "unopened", "nobody-left"
TAKE_OVER = "take-over"
INDEX = "index"
RECEIVED_AGE, RECEIVED_FLAGS, COME_OF_AGE = "received-age", "received-flags", "come-of-age"


def outgoing(fact: CaseFact) -> Event | DueWork:  # noqa: C901, PLR0911, PLR0912  # one line a fact
    match fact:
        case facts.CaseOpened() | facts.CaseReopened():
            return _case_opened(fact)
        case facts.CaseReferenced():
            return CaseReferencedV1(case_id=fact.case_id, reference=fact.reference)
        case facts.CaseAssigned():
            return _case_assigned(fact)
        case facts.CaseClosed() | facts.CaseResumed():
            return (CaseClosedV1 if isinstance(fact, facts.CaseClosed) else CaseResumedV1)(
                case_id=fact.case_id
            )
        case facts.CaseTransferred():
            return _case_transferred(fact)
        case facts.HoldsDue():
            return _holds_due(fact)
        case facts.TasksDue():
            return tasks_due(fact.case_id, fact.mark)
        case facts.DisclosureClosed():
            return disclosure_closed(fact.case_id, fact.disclosure_id, fact.answer, fact.law)
        case facts.KeyUnneeded() | facts.ValuesDeleted():
            return _deleted(fact)
        case facts.FlagsRecorded():
            return _flags_recorded(fact)
        case facts.AgeGroupChanging() | facts.AgeGroupKnown():
            return _age_group(fact)
        case facts.IndexDue():
            return _index_due(fact)
        case facts.ReceivedAgeDue() | facts.ReceivedFlagsDue():
            return _to_be_opened(fact)
        case facts.CaseUnattended():
            return _case_unattended(fact)
        case facts.StaffChanged() | facts.CasesLeft():
            return cases_left(fact) if isinstance(fact, facts.CasesLeft) else _staff_changed(fact)
        case facts.GlassBroken() | facts.GlassReviewed():
            return _glass(fact)
        case facts.FieldsRecorded():
            return _fields_recorded(fact)
        case facts.PairDecided() | facts.DependantsChanged():
            return _about_another(fact)


def _age_group(fact: facts.AgeGroupChanging | facts.AgeGroupKnown) -> Event:
    if isinstance(fact, facts.AgeGroupChanging):
        return AgeGroupChangingV1(case_id=fact.case_id)
    return AgeGroupKnownV1(case_id=fact.case_id, age_group=fact.group, basis=fact.basis)


def _case_opened(fact: facts.CaseOpened | facts.CaseReopened) -> Event:
    if isinstance(fact, facts.CaseReopened):
        return CaseReopenedV1(case_id=fact.case_id, person_id=fact.person_id)
    return CaseOpenedV1(
        case_id=fact.case_id,
        person_id=fact.person_id,
        channel=fact.channel,
        organisation=fact.organisation,
        urgency=fact.urgency,
        opened_at=fact.opened_at,
    )


def _to_be_opened(fact: facts.ReceivedAgeDue | facts.ReceivedFlagsDue) -> DueWork:
    kind = RECEIVED_AGE if isinstance(fact, facts.ReceivedAgeDue) else RECEIVED_FLAGS
    return DueWork(kind, str(fact.disclosure_id), {"case_id": str(fact.case_id)})


def _index_due(fact: facts.IndexDue) -> DueWork:
    return index_due(fact.case_id, f"{fact.disclosure_id}:{'closed' if fact.closed else 'open'}")


def index_due(case_id: UUID, change: str) -> DueWork:
    """The work that indexes her anew after this change: each change has its own, so that the last one is never passed over."""
    return DueWork(INDEX, f"{case_id}:{change}", {"case_id": str(case_id)})


def _staff_changed(fact: facts.StaffChanged) -> DueWork:
    payload = {"organisation": fact.organisation}
    return DueWork(NOBODY_LEFT, f"{fact.organisation}:{fact.at.isoformat()}", payload)


def cases_left(fact: facts.CasesLeft, due_at: datetime | None = None) -> DueWork:
    payload = {"organisation": fact.organisation, "to_organisation": fact.to_organisation, "to": fact.to}
    return DueWork(TAKE_OVER, f"{fact.organisation}:{fact.at.isoformat()}", payload, due_at=due_at)


def _glass(fact: facts.GlassBroken | facts.GlassReviewed) -> Event:
    if isinstance(fact, facts.GlassReviewed):
        return GlassReviewedV1(case_id=fact.case_id, glass_id=fact.glass_id, upheld=fact.upheld)
    return GlassBrokenV1(
        case_id=fact.case_id, organisation=fact.organisation, glass_id=fact.glass_id, until=fact.until
    )


def _case_assigned(fact: facts.CaseAssigned) -> CaseAssignedV1:
    return CaseAssignedV1(
        case_id=fact.case_id,
        organisation=fact.organisation,
        workers=fact.workers,
        import_id=fact.import_id,
    )


def _case_unattended(fact: facts.CaseUnattended) -> CaseUnattendedV1:
    return CaseUnattendedV1(
        case_id=fact.case_id,
        organisation=fact.organisation,
        urgency=fact.urgency,
        reason=fact.reason,
        since=fact.since,
        import_id=fact.import_id,
    )


def unopened_due(cases: Sequence[UUID], since: datetime, due_at: datetime | None) -> DueWork:
    """The work that looks whether cases given to somebody at `since` have been opened; due now, to set their clocks."""
    payload = {"cases": [str(case) for case in cases], "since": since.isoformat()}
    return DueWork(UNOPENED, f"{cases[0]}:{since.isoformat()}:{due_at}", payload, due_at=due_at)


def _flags_recorded(fact: facts.FlagsRecorded) -> FlagsRecordedV1:
    return FlagsRecordedV1(case_id=fact.case_id, flags=fact.flags, raised=fact.raised, added=fact.added)


def _about_another(fact: facts.PairDecided | facts.DependantsChanged) -> Event:
    if isinstance(fact, facts.DependantsChanged):
        return _dependants_changed(fact)
    return PairDecidedV1(
        case_id=fact.case_id,
        other_case_id=fact.other_case_id,
        decision=fact.decision,
        pair_reason=fact.reason,
        leads=fact.leads,
    )


def _dependants_changed(fact: facts.DependantsChanged) -> DependantsChangedV1:
    return DependantsChangedV1(
        case_id=fact.case_id, link_id=fact.link_id, change=fact.change, linked_here=fact.here
    )


def _fields_recorded(fact: facts.FieldsRecorded) -> FieldsRecordedV1:
    return FieldsRecordedV1(
        case_id=fact.case_id, revision=fact.revision, fields=fact.fields, removed=fact.removed
    )


def _case_transferred(fact: facts.CaseTransferred) -> CaseTransferredV1:
    return CaseTransferredV1(
        case_id=fact.case_id,
        referral_id=fact.referral_id,
        organisation=fact.organisation,
        recipient=fact.recipient,
        at=fact.at,
    )


def _holds_due(fact: facts.HoldsDue) -> DueWork:
    payload = {"case_id": str(fact.case_id), "referral_id": str(fact.referral_id)}
    return DueWork(CARRY_HOLDS, str(fact.referral_id), payload)


def tasks_due(case_id: UUID, mark: object) -> DueWork:
    return DueWork(TASKS, f"{case_id}:{mark}", {"case_id": str(case_id)})


def disclosure_closed(
    case_id: UUID, disclosure_id: UUID, answer: str, law: str | None = None
) -> DisclosureClosedV1:
    return DisclosureClosedV1(case_id=case_id, disclosure_id=disclosure_id, answer=answer, law=law)


def case_erased(case_id: UUID, erasure: Erasure) -> CaseErasedV1:
    return CaseErasedV1(case_id=case_id, at=erasure.destroyed_at, epoch=erasure.epoch)


def _deleted(fact: facts.KeyUnneeded | facts.ValuesDeleted) -> DueWork:
    key = str(fact.disclosure_id)
    payload = {"person_id": str(fact.person_id), "disclosure_id": key}
    if isinstance(fact, facts.ValuesDeleted):
        return DueWork(RELEASE, key, payload)
    return DueWork(DESTROY_KEY, key, {**payload, "case_id": str(fact.case_id)})


def record_read(
    case_id: UUID,
    resource: str,
    resource_id: UUID | None = None,
    fields: tuple[str, ...] = (),
    *,
    allowed: bool = True,
) -> RecordReadV1:
    """The access record: the names of the opened fields, never their values."""
    return RecordReadV1(
        case_id=case_id,
        resource=resource,
        resource_id=resource_id,
        fields=tuple(sorted(fields)),
        allowed=allowed,
    )
