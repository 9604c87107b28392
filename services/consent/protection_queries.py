"""Reads of immediate protections: those that no second person has looked at, and one with its sealed reasons."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.web.moves import MoveView
from contracts.casefile.reference import ShownReference
from contracts.protection import IMMEDIATE_PROTECTION, protection
from contracts.types import Code
from services.consent.protecting import REVIEW


class UnreviewedView(BaseModel):
    """An immediate protection whose reasons no second person has looked at."""

    consent_id: UUID
    case_id: UUID
    case_reference: ShownReference
    state: Annotated[str, Code("consent_state")]
    law: Annotated[str, Code("protection_law")]
    recipients: list[str]
    recorded_by: str
    recorded_at: datetime
    review_due: datetime
    overdue: bool
    valid_until: datetime


class ProtectionView(UnreviewedView):
    reasons: str | None
    reviewed_by: str | None
    upheld: bool | None
    moves: list[MoveView]


@dataclass(frozen=True, slots=True)
class SealedProtection:
    """The members of a ProtectionView besides its reasons, which are still sealed."""

    view: dict[str, Any]
    sealed_reasons: str


_COLUMNS = f"""
    r.id as consent_id, r.case_id, {reference_column("r.case_id")} as case_reference, r.state, r.terms ->> 'law' as law, r.created_at as recorded_at, r.valid_until,
    array(select jsonb_array_elements(r.terms -> 'recipients') ->> 'organisation') as recipients,
    (select v.body ->> 'by' from consent.revisions v where v.consent_id = r.id and v.number = 1) as recorded_by,
    r.created_at + :within as review_due,
    r.terms ->> 'reviewed_by' is null and r.created_at + :within < clock_timestamp() as overdue
"""
_PROTECTIONS = f"r.terms ->> 'legal_basis' = '{IMMEDIATE_PROTECTION}'"
_ONE = text(
    f"select {_COLUMNS}, r.terms ->> 'reviewed_by' as reviewed_by, (r.terms ->> 'upheld')::boolean as upheld,"
    f" r.sealed ->> 'reasons' as reasons from consent.records r where {_PROTECTIONS} and r.id = :id"
)


async def one(tx: Transaction, consent_id: UUID) -> SealedProtection:
    """One protection. Raises NotFound for a record that is a consent."""
    row = (
        (await tx.execute(_ONE, {"id": consent_id, "within": protection().review_within})).mappings().first()
    )
    if row is None:
        raise NotFound
    return SealedProtection({name: row[name] for name in row if name != "reasons"}, row["reasons"])


async def unreviewed(
    tx: Transaction, actor: Actor, after: tuple[Any, ...] | None, limit: int
) -> list[UnreviewedView]:
    """The protections without a review, oldest first. `after` is the time and the identifier of the last one of the
    page before.
    """
    condition, parameters = await visible_cases(tx, actor, REVIEW, column="r.case_id")
    at, id_ = after or (None, None)
    query = text(
        f"select {_COLUMNS} from consent.records r where {_PROTECTIONS} and r.terms ->> 'reviewed_by' is null"
        f" and {condition} and (cast(:at as timestamptz) is null or (r.created_at, r.id) > (:at, cast(:id as uuid)))"
        " order by r.created_at, r.id limit :limit"
    )
    within = {"within": protection().review_within, "at": at, "id": id_, "limit": limit}
    rows = (await tx.execute(query, {**parameters, **within})).mappings()
    return [UnreviewedView.model_validate(dict(row)) for row in rows]
