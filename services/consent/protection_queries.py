"""Reads of immediate protections: those that wait for a second or a third person, and one with what it discloses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.web.moves import MoveView
from contracts.casefile.reference import ShownReference
from contracts.internal import Preview
from contracts.protection import protection
from contracts.types import Code
from services.consent.domain.states import State
from services.consent.protecting import APPROVE, REVIEW, would_go
from services.consent.queries import preview_of
from services.consent.store import records
from services.consent.store.records import IS_PROTECTION


class Awaits(StrEnum):
    """The person for whom a protection waits."""

    APPROVAL = "approval"
    REVIEW = "review"


class ProtectionSummary(BaseModel):
    """An immediate protection that waits for a second person's approval, or for a third one's review."""

    consent_id: UUID
    case_id: UUID
    case_reference: ShownReference
    state: Annotated[str, Code("consent_state")]
    revision: int
    awaits: Awaits | None
    law: Annotated[str, Code("protection_law")]
    recipients: list[str]
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    review_due: datetime | None
    overdue: bool
    valid_until: Annotated[datetime, Field(description="before it is approved: until when it may be")]


class ListedProtection(ProtectionSummary):
    moves: list[MoveView]


class ProtectionView(ListedProtection):
    """`disclosed` is what would go now, or once it is approved, to whom it names: field by field, and each that would not with
    its reason.
    """

    reasons: str | None
    decline_reasons: str | None
    reviewed_by: str | None
    upheld: bool | None
    declined_before: Annotated[
        int, Field(description="requests for this case that were declined before this one")
    ]
    protected_before: Annotated[
        int, Field(description="protections of this case that were in force before this one, to anybody")
    ]
    not_upheld_before: Annotated[int, Field(description="of these, how many a third person took back")]
    may_approve: Annotated[
        list[str],
        Field(description="who may approve it now; whoever could when it was asked for has been told"),
    ]
    disclosed: Preview


@dataclass(frozen=True, slots=True)
class SealedProtection:
    """The members of a ProtectionView that stand in its record. The texts are still sealed."""

    view: dict[str, Any]
    texts: dict[str, str]


REASONS, DECLINED, REVIEWED = "reasons", "decline_reasons", "review_reasons"
"""The names of the texts where they are kept, under her key."""

_FIRST = "v.consent_id = r.id and v.number = 1"
_APPROVED = f"v.consent_id = r.id and v.body ->> 'state' = '{State.PROTECTED}' order by v.number limit 1"
_PROTECTED_ONCE = f"(r.state = '{State.PROTECTED}' or r.terms ->> 'approved_by' is not null)"
_UNREVIEWED = f"({_PROTECTED_ONCE} and r.terms ->> 'reviewed_by' is null)"
_UNAPPROVED = f"r.state = '{State.REQUESTED}'"
_PROTECTIONS = f"r.{IS_PROTECTION}"
_OF_PROTECTION = f"""
    select r.*, {reference_column("r.case_id")} as case_reference, r.terms ->> 'law' as law, r.terms ->> 'approved_by' as approved_by,
        array(select jsonb_array_elements(r.terms -> 'recipients') ->> 'organisation') as recipients,
        case when {_UNAPPROVED} then '{Awaits.APPROVAL}' when {_UNREVIEWED} then '{Awaits.REVIEW}' end as awaits,
        (select v.body ->> 'by' from consent.revisions v where {_FIRST}) as requested_by,
        (select (v.body ->> 'at')::timestamptz from consent.revisions v where {_FIRST}) as requested_at,
        (select (v.body ->> 'at')::timestamptz from consent.revisions v where {_APPROVED}) as approved_at
    from consent.records r where {_PROTECTIONS}
"""
_DUE = f"""
    select p.*, p.id as consent_id, p.approved_at + :within as review_due,
        coalesce(p.awaits = '{Awaits.REVIEW}' and p.approved_at + :within < clock_timestamp(), false) as overdue
    from ({_OF_PROTECTION} %s) as p
"""
_ONE = text(
    f"""
    select d.*, d.terms ->> 'reviewed_by' as reviewed_by, (d.terms ->> 'upheld')::boolean as upheld, before.*
    from ({_DUE % "and r.id = :id"}) as d cross join lateral (
        select count(*) filter (where r.state = '{State.REVOKED}' and not {_PROTECTED_ONCE}) as declined_before,
            count(*) filter (where {_PROTECTED_ONCE}) as protected_before,
            count(*) filter (where not (r.terms ->> 'upheld')::boolean) as not_upheld_before
        from consent.records r where {_PROTECTIONS} and r.case_id = d.case_id and r.created_at < d.created_at
    ) as before
    """
)


async def one(tx: Transaction, consent_id: UUID) -> SealedProtection:
    """One protection. Raises NotFound for a record that is a consent."""
    row = (
        (await tx.execute(_ONE, {"id": consent_id, "within": protection().review_within})).mappings().first()
    )
    if row is None:
        raise NotFound
    texts = {name: row["sealed"][name] for name in (REASONS, DECLINED) if name in row["sealed"]}
    return SealedProtection({name: row[name] for name in row if name in ProtectionView.model_fields}, texts)


async def disclosed(tx: Transaction, actor: Actor, consent_id: UUID) -> Preview:
    """The fields that go under this protection, or would, each that does not with its reason."""
    record = await records.record_of(tx, consent_id)
    return preview_of(await would_go(tx, actor.cell, record, await tx.clock()))


@dataclass(frozen=True, slots=True)
class ProtectionFilter:
    awaits: Awaits | None = None


async def waiting(
    tx: Transaction, actor: Actor, only: ProtectionFilter, after: tuple[Any, ...] | None, limit: int
) -> list[dict[str, Any]]:
    """The protections that wait for this actor's approval or review, oldest first. `after` is the time and the identifier of
    the last one of the page before.
    """
    approvable, parameters = await visible_cases(tx, actor, APPROVE, column="r.case_id")
    reviewable, more = await visible_cases(tx, actor, REVIEW, column="r.case_id")
    waits = {
        Awaits.APPROVAL: f"({_UNAPPROVED} and {approvable})",
        Awaits.REVIEW: f"({_UNREVIEWED} and {reviewable})",
    }
    waits_for_me = " or ".join(sql for kind, sql in waits.items() if only.awaits in {None, kind})
    at, id_ = after or (None, None)
    query = text(
        f"{_DUE % f'and ({waits_for_me})'} where cast(:at as timestamptz) is null"
        " or (p.requested_at, p.id) > (:at, cast(:id as uuid)) order by p.requested_at, p.id limit :limit"
    )
    within = {"within": protection().review_within, "at": at, "id": id_, "limit": limit}
    rows = (await tx.execute(query, {**parameters, **more, **within})).mappings()
    return [dict(row) for row in rows]
