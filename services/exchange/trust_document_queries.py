"""The reads of trust documents: a list of them, and each with what it changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.web.moves import MoveView
from chassis.web.positions import Position
from contracts.types import Code
from services.exchange.domain.trust_document import TrustDocument


class TrustDocumentView(BaseModel):
    """A document that governance signed and an operator put in."""

    id: UUID
    state: Annotated[str, Code("proposal_state")]
    agreement_id: Annotated[str | None, Field(description="null: it is the trust list")]
    number: Annotated[int, Field(description="the version that governance gave it")]
    sha256: str
    counts_from: datetime
    ticket: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    version: int
    moves: list[MoveView]


class WholeTrustDocumentView(TrustDocumentView):
    differences: Annotated[
        list[str], Field(description="what it changes of what is in force, a line each, while it waits")
    ]
    document: Annotated[dict[str, Any], Field(description="as governance signed it")]


_NEWEST = text(
    """
    select id from exchange.trust_documents
    where (cast(:state as text) is null or state = :state)
      and (cast(:at as timestamptz) is null or (proposed_at, id) < (:at, :after))
    order by proposed_at desc, id desc limit :limit
    """
)


async def newest(tx: Transaction, state: str | None, after: Position | None, limit: int) -> list[UUID]:
    at, last = after or (None, None)
    return list(
        (await tx.execute(_NEWEST, {"state": state, "at": at, "after": last, "limit": limit})).scalars()
    )


def view_of(document: TrustDocument, moves: list[MoveView]) -> TrustDocumentView:
    return TrustDocumentView(**_values(document), moves=moves)


def whole_view_of(
    document: TrustDocument, moves: list[MoveView], signed: Mapping[str, Any], differences: list[str]
) -> WholeTrustDocumentView:
    return WholeTrustDocumentView(
        **_values(document), moves=moves, differences=differences, document=signed["document"]
    )


def _values(document: TrustDocument) -> dict[str, Any]:
    name = document.name
    own = {member: getattr(document, member) for member in type(document).__slots__ if member != "name"}
    return {
        **own,
        "agreement_id": name.agreement_id or None,
        "number": name.number,
        "sha256": name.sha256,
        "counts_from": name.counts_from,
    }
