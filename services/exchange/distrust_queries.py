"""The reads of keys and distrusts: SQL straight to the views that the API answers with."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.moves import MoveView
from chassis.web.positions import Position
from contracts.organisations import cell_of
from contracts.types import Code
from services.exchange import queries
from services.exchange.domain.distrust import ACTS, Distrust, DistrustKind
from services.exchange.queries import ENVELOPES, EnvelopeView


class KeyView(BaseModel):
    """A key of the trust list. `lost_since`: it counts no more, by the list or by the word of operators here."""

    kid: Annotated[str, Field(description="its thumbprint (RFC 7638)")]
    organisation: str
    use: Annotated[str, Field(description="`sign`, or `agree`: what is sealed to it")]
    not_before: datetime | None
    not_after: datetime | None
    listed: Annotated[bool, Field(description="it is on the list in force")]
    lost_since: datetime | None
    moves: list[MoveView] = []


class DistrustView(BaseModel):
    """A key or an agreement that counts no more here. What only the other kind has is null."""

    id: UUID
    kind: Annotated[str, Code("distrust_kind")]
    state: Annotated[str, Code("proposal_state")]
    overdue: Annotated[
        bool, Field(description="it acts by the word of one person, and nobody has looked at it in time")
    ]
    key: str | None
    organisation: str | None
    use: str | None
    agreement_id: str | None
    agreement_version: int | None
    since: datetime
    ticket: str
    declared_by: str
    declared_at: datetime
    due_at: Annotated[datetime, Field(description="by when a second person looks at it")]
    decided_by: str | None
    decided_at: datetime | None
    version: int
    moves: list[MoveView]


_KEYS = text(
    f"""
    select kid, organisation, use, not_before, not_after, listed, coalesce(lost_since, (
        select min(since) from exchange.distrusts d
        where d.kind = '{DistrustKind.KEY}' and d.name = kid and d.state in {one_of(ACTS)}
    )) as lost_since
    from exchange.listed_keys where kid > :after order by kid limit :limit
    """
)
_LAST = text(
    "select organisation, max(not_after) as ends from exchange.listed_keys where listed group by organisation, use"
)
_NEWEST = text(
    """
    select id from exchange.distrusts
    where (cast(:state as text) is null or state = :state)
      and (cast(:at as timestamptz) is null or (declared_at, id) < (:at, :after))
    order by declared_at desc, id desc limit :limit
    """
)
_SEALED_WITH = (
    ":kid = any(e.keys) or e.keys = '{}' and (e.recipient = :organisation or e.sender = :organisation)"
)
_CAME_WITH = (
    "(:kid = any(e.keys) or e.keys = '{}' and :organisation in (e.sender, e.recipient))"
    " and (:agrees or e.received_at >= :since)"
)
"""Of an envelope from before its keys were kept, its organisations say more than too little."""


def view_of(distrust: Distrust, now: datetime, moves: list[MoveView]) -> DistrustView:
    what = distrust.what
    of_key = what.organisation is not None
    own = {name: getattr(distrust, name) for name in type(distrust).__slots__ if name != "what"}
    return DistrustView(
        **own,
        kind=what.kind,
        key=what.name if of_key else None,
        organisation=what.organisation,
        use=what.use,
        agreement_id=None if of_key else what.name,
        agreement_version=None if of_key else what.agreement_version,
        since=what.since,
        overdue=distrust.is_overdue(now),
        moves=moves,
    )


async def keys(tx: Transaction, after: str, limit: int) -> list[KeyView]:
    rows = await tx.execute(_KEYS, {"after": after, "limit": limit})
    return [KeyView.model_validate(row, from_attributes=True) for row in rows]


async def keys_end(tx: Transaction) -> dict[str, datetime]:
    """The instant, by cell, from which one of its organisations has no key of a use on the list. A key that another follows ends nothing."""
    ends: dict[str, datetime] = {}
    for row in await tx.execute(_LAST):
        cell = cell_of(row.organisation)
        ends[cell] = min(ends.get(cell, row.ends), row.ends)
    return ends


async def newest(tx: Transaction, state: str | None, after: Position | None, limit: int) -> list[UUID]:
    at, last = after or (None, None)
    return list(
        (await tx.execute(_NEWEST, {"state": state, "at": at, "after": last, "limit": limit})).scalars()
    )


async def touched(
    tx: Transaction, distrust: Distrust, after: queries.Position, limit: int
) -> list[EnvelopeView]:
    """The envelopes that a lost key touches: what was sealed to it, by whichever side, or signed with it; of what was signed with it and
    came here, what came since it was lost. None of an agreement.
    """
    what = distrust.what
    if what.organisation is None:
        return []
    statement = ENVELOPES.format(
        outgoing=_SEALED_WITH, incoming=_CAME_WITH, reference=reference_column("case_id")
    )
    at, envelope, item = after
    found = {"kid": what.name, "organisation": what.organisation, "since": what.since}
    found["agrees"] = what.use == "agree"
    rows = await tx.execute(
        text(statement), {**found, "at": at, "envelope": envelope, "item": item, "limit": limit}
    )
    return [EnvelopeView.model_validate(row, from_attributes=True) for row in rows]
