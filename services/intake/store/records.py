"""What is recorded under a case: sealed fields, screenings, statuses, needs, holds, and the blind index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.auth import Actor
from chassis.database import Transaction

_UPSERT = text(
    """
    insert into intake.fields (case_id, field, source, organisation, value, recorded_at, recorded_by)
    select :case_id, f.field, 'own', :organisation, f.value, :now, :by
    from unnest(cast(:fields as text[]), cast(:values as text[])) as f(field, value)
    on conflict (case_id, field, coalesce(disclosure_id, '00000000-0000-0000-0000-000000000000'))
    do update set value = excluded.value, organisation = excluded.organisation, recorded_at = excluded.recorded_at,
                  recorded_by = excluded.recorded_by
    """
)
_REMOVE = text(
    "delete from intake.fields where case_id = :case_id and source = 'own' and field = any(cast(:fields as text[]))"
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
_INDEX = text(
    """
    insert into intake.blind_index (case_id, organisation, entry) values (:case_id, :organisation, :entry)
    on conflict (case_id) do update set organisation = excluded.organisation, entry = excluded.entry
    """
)
_UNINDEX = text("delete from intake.blind_index where case_id = :case_id")


@dataclass(frozen=True, slots=True)
class SealedScreening:
    """A screening as it is kept. `result` and `answers` are ciphertext."""

    id: UUID
    requested: str
    checklist: str
    version: str
    result: str
    answers: str


async def put_fields(tx: Transaction, actor: Actor, case_id: UUID, sealed: Mapping[str, str | None]) -> None:
    """Own fields: each value replaces the one before; None removes it."""
    kept = {name: value for name, value in sealed.items() if value is not None}
    removed = [name for name, value in sealed.items() if value is None]
    if removed:
        await tx.execute(_REMOVE, {"case_id": case_id, "fields": removed})
    if kept:
        await tx.execute(
            _UPSERT,
            {**_who(tx, actor, case_id), "fields": list(kept), "values": list(kept.values())},
        )


async def own_fields(tx: Transaction, case_id: UUID) -> dict[str, str]:
    """Field → ciphertext of what was recorded here."""
    return {row.field: row.value for row in await tx.execute(_OWN, {"case_id": case_id})}


async def put_index(tx: Transaction, actor: Actor, case_id: UUID, entry: bytes | None) -> None:
    """The blind index of the person's name and year of birth; None where there is no name any more."""
    if entry is None:
        await tx.execute(_UNINDEX, {"case_id": case_id})
    else:
        parameters = {"case_id": case_id, "organisation": actor.organisation, "entry": entry}
        await tx.execute(_INDEX, parameters)


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
