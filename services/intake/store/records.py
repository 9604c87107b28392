"""What is recorded under a case: sealed fields, screenings, statuses, needs, holds, and the blind index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from services.intake.domain.case import Case
from services.intake.sealing import FLAGS

_RECORD = text(
    """
    with said as (
        select * from unnest(cast(:cases as uuid[]), cast(:revisions as integer[]), cast(:fields as text[]),
                             cast(:values as text[]), cast(:reasons as text[]))
            as s(case_id, revision, field, value, reason)
    ), revised as (
        insert into intake.field_revisions (case_id, revision, field, value, organisation, at, by, reason)
        select case_id, revision, field, value, :organisation, :now, :by, reason from said
    ), removed as (
        delete from intake.fields f using said
        where f.case_id = said.case_id and f.field = said.field and f.source = 'own' and said.value is null
    )
    insert into intake.fields (case_id, field, source, organisation, value, recorded_at, recorded_by)
    select case_id, field, 'own', :organisation, value, :now, :by from said where value is not null and field <> :flags
    on conflict (case_id, field, coalesce(disclosure_id, '00000000-0000-0000-0000-000000000000'))
    do update set value = excluded.value, organisation = excluded.organisation, recorded_at = excluded.recorded_at,
                  recorded_by = excluded.recorded_by
    """
)
_OWN = text("select field, value from intake.fields where case_id = :case_id and source = 'own'")
_SCREENING = text(
    """
    insert into intake.screenings (id, case_id, organisation, requested, checklist, checklist_version, result, answers, at, by)
    values (:id, :case_id, :organisation, :requested, :checklist, :version, :result, :answers, :now, :by)
    """
)
_STATUS = text(
    """
    insert into intake.statuses (case_id, revision, organisation, deciding_organisation, status, reasons, at, by)
    values (:case_id, :revision, :organisation, :deciding, :status, :reasons, :now, :by)
    """
)
_NEEDS = text(
    """
    insert into intake.needs (id, case_id, organisation, urgency, needs, at, by)
    values (:id, :case_id, :organisation, :urgency, :needs, :now, :by)
    """
)
_HOLD = text(
    """
    insert into intake.holds (id, case_id, organisation, until, placed_at, placed_by)
    values (:id, :case_id, :organisation, :until, :now, :by)
    """
)
_LIFT = text(
    "update intake.holds set lifted_at = :now, lifted_by = :by where id = :id and case_id = :case_id"
)


@dataclass(frozen=True, slots=True)
class SealedScreening:
    """A screening as it is kept. `result` and `answers` are ciphertext."""

    id: UUID
    requested: str
    checklist: str
    version: str
    result: str
    answers: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one revision as it is kept: its ciphertext, None where it was removed. `reason` is ciphertext too."""

    case_id: UUID
    revision: int
    field: str
    value: str | None
    reason: str | None = None


async def put_fields(
    tx: Transaction, actor: Actor, case: Case, sealed: Mapping[str, str | None], reason: str | None = None
) -> None:
    """Own fields under the case's newest revision: each value replaces the one before, None removes it."""
    changes = [Change(case.id, case.fields_revision, name, value, reason) for name, value in sealed.items()]
    await record(tx, changes, organisation=actor.organisation, by=actor.subject)


async def record(tx: Transaction, changes: Sequence[Change], *, organisation: str, by: str) -> None:
    """The one place that writes what is known of a person here: the present value, and the revision that stays.

    The urgent flags have their present value at the case; here they have their revisions alone.
    """
    if not changes:
        return
    parameters = {
        "cases": [change.case_id for change in changes],
        "revisions": [change.revision for change in changes],
        "fields": [change.field for change in changes],
        "values": [change.value for change in changes],
        "reasons": [change.reason for change in changes],
        "flags": FLAGS,
    }
    await tx.execute(_RECORD, {**parameters, "organisation": organisation, "now": tx.now, "by": by})


async def own_fields(tx: Transaction, case_id: UUID) -> dict[str, str]:
    """Field → ciphertext of what was recorded here."""
    return {row.field: row.value for row in await tx.execute(_OWN, {"case_id": case_id})}


async def add_screening(tx: Transaction, actor: Actor, case_id: UUID, screening: SealedScreening) -> None:
    await tx.execute(
        _SCREENING,
        {
            **_who(tx, actor, case_id),
            "id": screening.id,
            "requested": screening.requested,
            "checklist": screening.checklist,
            "version": screening.version,
            "result": screening.result,
            "answers": screening.answers,
        },
    )


async def add_status(
    tx: Transaction, actor: Actor, case_id: UUID, revision: int, deciding: str, sealed: Sequence[str]
) -> None:
    """`sealed`: the status and the reasons for it."""
    status, reasons = sealed
    parameters = {"revision": revision, "deciding": deciding, "status": status, "reasons": reasons}
    await tx.execute(_STATUS, {**_who(tx, actor, case_id), **parameters})


async def add_needs(
    tx: Transaction, actor: Actor, case_id: UUID, assessment_id: UUID, urgency: str, needs: str
) -> None:
    parameters = {"id": assessment_id, "urgency": urgency, "needs": needs}
    await tx.execute(_NEEDS, {**_who(tx, actor, case_id), **parameters})


async def add_hold(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID, until: datetime) -> None:
    await tx.execute(_HOLD, {**_who(tx, actor, case_id), "id": hold_id, "until": until})


async def lift_hold(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID) -> None:
    await tx.execute(_LIFT, {"id": hold_id, "case_id": case_id, "now": tx.now, "by": actor.subject})


def _who(tx: Transaction, actor: Actor, case_id: UUID) -> dict[str, object]:
    return {
        "case_id": case_id,
        "organisation": actor.organisation,
        "now": tx.now,
        "by": actor.subject,
    }
