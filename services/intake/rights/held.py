"""The tables from which intake tells what it holds about the person of a case."""

from collections.abc import Iterable
from uuid import UUID

from chassis.held import FoundRow, HeldTable, SealedValue
from services.intake.casefile.domain.field_classes import (
    CHANGE_REASON,
    FLAGS_CLASS,
    GLASS,
    OWN_NUMBER,
    RELATION,
)
from services.intake.casefile.store.tables import (
    BROKEN_GLASS,
    CASES,
    DEPENDANTS,
    DISCLOSURES,
    FIELD_REVISIONS,
    FIELDS,
    OWN_NUMBERS,
    PAIRS,
)
from services.intake.casework.domain.field_classes import (
    ANSWERED_FLAGS,
    CLOSING,
    NOTE_REASON,
    NOTE_TEXT,
    RESUMPTION,
    TASK_CONTENT,
)
from services.intake.casework.sealing import closing_record, flags_record, note_record, task_record
from services.intake.casework.store import tables
from services.intake.drafts.sealing import CONTENT, draft_record
from services.intake.drafts.tables import DRAFTS
from services.intake.identification.domain.field_classes import (
    AGE_REASONS,
    ANSWERS,
    CORRECTION,
    FORM,
    NEEDS_CLASS,
    REASONS,
    RESULT,
    STATUS_CLASS,
)
from services.intake.identification.sealing import age_record, status_record
from services.intake.identification.store.tables import (
    AGE_ASSESSMENTS,
    FORM_ANSWERS,
    HOLDS,
    NEEDS,
    SCREENINGS,
    STATUSES,
)
from services.intake.reports.domain.calls import call_record
from services.intake.reports.domain.field_classes import CALL_CONTENT
from services.intake.reports.store.tables import CALLS
from services.intake.rights.domain.field_classes import REASON
from services.intake.rights.tables import ERASURES

ACCOUNTABILITY = "accountability"
STATUS = "vic_TraffickingStatus"
_REVISED = {FLAGS_CLASS: "flags", OWN_NUMBER: "own_number"}


def _flags(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    for name, sealed in (("flags", row.flags), ("came_flags", row.came_flags)):
        if sealed is not None:
            yield SealedValue(name, FLAGS_CLASS, row.id, sealed)


def _field(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue(row.field, row.field, row.disclosure_id or case_id, row.value)


def _revision(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    if row.value is not None:
        name = _REVISED.get(row.field, row.field)
        yield SealedValue(name, row.field, case_id, row.value)
    if row.reason is not None:
        yield SealedValue("reason", CHANGE_REASON, case_id, row.reason)


def _number(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("own_number", OWN_NUMBER, case_id, row.value)


def _glass(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("reason", GLASS, row.id, row.reason)


def _screening(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("result", RESULT, row.id, row.result)
    yield SealedValue("answers", ANSWERS, row.id, row.answers)
    if row.reason is not None:
        yield SealedValue("reason", CORRECTION, row.id, row.reason)


def _form(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("answers", FORM, case_id, row.answers)


def _status(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    record = status_record(case_id, row.revision)
    yield SealedValue(STATUS, STATUS_CLASS, record, row.status)
    yield SealedValue("reason", REASONS, record, row.reasons)


def _age(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("reason", AGE_REASONS, age_record(case_id, row.revision), row.reasons)


def _needs(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("assessment", NEEDS_CLASS, row.id, row.needs)


def _note(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    record = note_record(row.note_id, row.revision)
    if row.text is not None:
        yield SealedValue("text", NOTE_TEXT, record, row.text)
    if row.reason is not None:
        yield SealedValue("reason", NOTE_REASON, record, row.reason)


def _task(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    if row.content is not None:
        yield SealedValue("text", TASK_CONTENT, task_record(row.id), row.content)


def _answered(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("flags", ANSWERED_FLAGS, flags_record(case_id), row.flags)


def _draft(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    if row.content is not None:
        yield SealedValue("text", CONTENT, draft_record(row.id), row.content)


def _call(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    if row.content is not None:
        yield SealedValue("text", CALL_CONTENT, call_record(row.id, row.sealing), row.content)


def _closing(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    record = closing_record(row.id)
    yield SealedValue("reason", CLOSING, record, row.closed_for)
    if row.resumed_for is not None:
        yield SealedValue("reasons", RESUMPTION, record, row.resumed_for)


def _dependant(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    yield SealedValue("relation", RELATION, row.id, row.relation)


def _erasure(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    if row.reason is not None:
        yield SealedValue("reason", REASON, row.id, row.reason)


# Of links the report has those with her own dependants, while they stand. One that was ended is kept from both sides, for it may
# have been ended because one is in danger from the other; whoever depends is told of none, under whose key nothing of it is.
HELD = (
    HeldTable(
        CASES,
        "case",
        (
            "at=opened_at",
            "organisation",
            "by=opened_by",
            "channel:channel",
            "urgency:urgency",
            "age_group:age_group",
            "age_basis:age_basis",
            "recipient=transfer_to",
        ),
        ACCOUNTABILITY,
        _flags,
        which="id = :case_id",
    ),
    HeldTable(OWN_NUMBERS, "case", ("organisation",), sealed=_number),
    HeldTable(FIELDS, "fields", ("at=recorded_at", "organisation", "by=recorded_by"), sealed=_field),
    HeldTable(FIELD_REVISIONS, "history", ("revision", "at", "organisation", "by"), sealed=_revision),
    HeldTable(
        SCREENINGS, "screening", ("at", "organisation", "by", "checklist:checklist"), sealed=_screening
    ),
    HeldTable(FORM_ANSWERS, "form", ("at", "organisation", "by", "what=form"), sealed=_form),
    HeldTable(
        STATUSES,
        "status",
        (
            "at",
            "organisation",
            "by",
            "decided_by=deciding_organisation:vic_TraffickingStatusDecisionMakingOrg",
        ),
        sealed=_status,
    ),
    HeldTable(
        AGE_ASSESSMENTS,
        "age",
        ("at", "organisation", "by", "age_group:age_group", "age_evidence=evidence:age_evidence"),
        sealed=_age,
    ),
    HeldTable(NEEDS, "needs", ("at", "organisation", "by", "urgency:urgency"), sealed=_needs),
    HeldTable(
        HOLDS,
        "hold",
        ("at=placed_at", "until", "ended_at=lifted_at", "organisation", "by=placed_by"),
        ACCOUNTABILITY,
    ),
    HeldTable(
        BROKEN_GLASS,
        "emergency",
        ("at", "organisation", "by", "result=review:glass_review"),
        ACCOUNTABILITY,
        _glass,
    ),
    HeldTable(
        DISCLOSURES,
        "received",
        (
            "at=received_at",
            "sender",
            "country=sender_cell:country",
            "organisation",
            "service:service",
            "purpose:purpose",
            "fields:field",
            "until=valid_until",
            "ended_at=closed_at",
            "reason=closed_for:reading_closed",
            "law=retained_by:retention_law",
        ),
        ACCOUNTABILITY,
    ),
    HeldTable(
        tables.NOTES, "note", ("at", "organisation", "by", "category:note_category", "state:note_state")
    ),
    HeldTable(tables.NOTE_REVISIONS, "note_history", ("revision", "at", "organisation", "by"), sealed=_note),
    HeldTable(
        tables.TASKS,
        "task",
        (
            "at=raised_at",
            "organisation",
            "by=raised_by",
            "what=kind:task_kind",
            "state:task_state",
            "until=due_at",
            "ended_at",
        ),
        sealed=_task,
    ),
    HeldTable(
        DRAFTS,
        "draft",
        (
            "at=started_at",
            "organisation",
            "by=started_by",
            "what=kind:draft_kind",
            "state:draft_state",
            "urgency:urgency",
        ),
        sealed=_draft,
    ),
    HeldTable(
        CALLS,
        "call",
        (
            "at=started_at",
            "organisation",
            "by=worker",
            "what=kind:call_kind",
            "urgency:urgency",
            "answer=agreed:call_consent",
        ),
        sealed=_call,
    ),
    HeldTable(
        PAIRS,
        "pair",
        ("at=decided_at", "organisation", "by=decided_by", "result=decision", "reason:pair_reason"),
        which="first_id = :case_id or second_id = :case_id",
    ),
    HeldTable(
        DEPENDANTS,
        "dependant",
        ("at=linked_at", "organisation"),
        sealed=_dependant,
        which="case_id = :case_id and ended_at is null",
    ),
    HeldTable(
        tables.CLOSINGS,
        "closing",
        ("at=closed_at", "organisation", "by=closed_by", "ended_at=resumed_at"),
        sealed=_closing,
    ),
    HeldTable(tables.ANSWERED_FLAGS, "task_flags", (), sealed=_answered),
    HeldTable(
        ERASURES,
        "erasure",
        ("at=requested_at", "organisation", "by=requested_by", "state:erasure_state", "law:retention_law"),
        ACCOUNTABILITY,
        _erasure,
    ),
)
