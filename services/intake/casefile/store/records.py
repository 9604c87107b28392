"""The record of a person: sealed fields with their revisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.set_writes import SetWrite
from chassis.tables import delete_set, insert_set, upsert_set
from services.intake.casefile.domain.case import Case
from services.intake.casefile.domain.field_classes import REVISED
from services.intake.casefile.store.tables import FIELD_REVISIONS, FIELDS, ONE_VALUE

_REVISIONS = insert_set(FIELD_REVISIONS)
_REMOVED = delete_set(FIELDS, "case_id", "field", where="t.source = 'own'")
_PRESENT = upsert_set(
    FIELDS,
    without=["disclosure_id"],
    key=ONE_VALUE,
    update=["value", "organisation", "recorded_at", "recorded_by"],
)
_OWN = text("select field, value from intake.fields where case_id = :case_id and source = 'own'")


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
    """The one place that writes the record of a person: the present value, and the revision that stays.

    The urgent flags and the own number have their present value elsewhere; here they have their revisions alone.
    """
    tx.beside.append(SetWrite(_REVISIONS, changes, {"organisation": organisation, "at": tx.now, "by": by}))
    await _REMOVED.write(tx, [change for change in changes if change.value is None])
    present = [change for change in changes if change.value is not None and change.field not in REVISED]
    written = {"organisation": organisation, "recorded_at": tx.now, "recorded_by": by}
    await _PRESENT.write(tx, present, source="own", **written)


async def own_fields(tx: Transaction, case_id: UUID) -> dict[str, str]:
    """Field → ciphertext of the values recorded here."""
    return {row.field: row.value for row in await tx.execute(_OWN, {"case_id": case_id})}
