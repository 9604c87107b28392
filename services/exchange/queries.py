"""Reads of the border: agreements, partners, and envelopes by their metadata alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.moves import MoveView
from contracts.casefile.reference import ShownReference
from contracts.types import Code
from services.exchange.domain.border import Limits, closed, fresh, stale
from services.exchange.domain.distrust import ACTS, DistrustKind
from services.exchange.store import partners


class AgreementView(BaseModel):
    """An agreement as signed. `suspended`: this version counts no more in this cell."""

    id: str
    version: int
    sha256: str
    cells: list[str]
    purposes: list[str]
    fields: list[str]
    process_codes: list[str]
    legal_basis: str
    valid_from: datetime
    valid_until: datetime
    suspended: bool
    moves: list[MoveView] = []


class PartnerView(BaseModel):
    """The border to one partner. `closed` says why nothing is sealed for it now; None means open."""

    cell: str
    present: bool
    present_at: datetime | None
    window: int
    waiting: int
    trust_list_issued: datetime | None
    trust_list_stale: bool
    broker_trouble: str | None
    gaps: int
    chain_breaks: int
    quarantined: int
    closed: str | None


class EnvelopeView(BaseModel):
    """One item of one envelope, out or in: sender, recipient, time, class and outcome; never its content."""

    direction: str
    envelope_id: UUID
    seq: int
    cell: str
    sender: str
    recipient: str
    at: datetime
    item_id: UUID
    item_class: str
    case_id: UUID | None
    case_reference: ShownReference
    disclosure_id: UUID | None
    state: Annotated[str, Code("envelope_state")]
    code: str | None


class ReceiptView(BaseModel):
    """A partner's receipt for one item of ours. `evidence` is the JWS that it signed: it cannot deny it later."""

    cell: str
    outcome: str
    code: Annotated[str | None, Field(description="why it was refused: a code of `border_refusal`")]
    at: datetime
    evidence: str


_AGREEMENT = f"""
    select id, version, sha256, cells, document, valid_from, valid_until, exists (select from exchange.distrusts d
        where d.kind = '{DistrustKind.AGREEMENT}' and d.name = a.id and d.agreement_version = a.version
          and d.state in {one_of(ACTS)}) as suspended
    from exchange.agreements a
"""
_AGREEMENTS = f"{_AGREEMENT} where current"
_ITEM = text("select cell, case_id from exchange.envelope_items where item_id = :item limit 1")
_RECEIPTS = text(
    "select cell, outcome, code, at, evidence from exchange.receipts where cell = :cell and item_id = :item order by at"
)
ENVELOPES = """
    select both_ways.*, {reference} as case_reference from (
        select 'out' as direction, e.id as envelope_id, e.seq, e.cell, e.sender, e.recipient, e.sealed_at as at,
               i.item_id, i.item_class, i.case_id, i.disclosure_id, i.state, i.code
        from exchange.envelopes e join exchange.envelope_items i on i.envelope_id = e.id
        where {outgoing}
        union all
        select 'in', e.id, e.seq, e.cell, e.sender, e.recipient, e.received_at, i.item_id, i.item_class, i.case_id,
               i.disclosure_id, i.outcome, i.code
        from exchange.incoming_envelopes e join exchange.incoming_items i on i.envelope_id = e.id
        where {incoming}
    ) as both_ways
    where (at, envelope_id, item_id) > (cast(:at as timestamptz), cast(:envelope as uuid), cast(:item as uuid))
    order by at, envelope_id, item_id limit :limit
"""
_ALL = "cast(:case as uuid) is null"
_OF_CASE = "i.case_id = cast(:case as uuid)"
_OF_PARTNER = "(cast(:partner as text) is null or e.cell = :partner)"


async def agreements(tx: Transaction, after: str, limit: int) -> list[AgreementView]:
    rows = await tx.execute(
        text(f"{_AGREEMENTS} and id > :after order by id limit :limit"), {"after": after, "limit": limit}
    )
    return [_agreement(row) for row in rows]


async def agreement(tx: Transaction, agreement_id: str, version: int | None) -> AgreementView | None:
    """A version of the agreement; None: the current one."""
    which = (
        f"{_AGREEMENTS} and id = :id" if version is None else f"{_AGREEMENT} where id = :id and version = :of"
    )
    given = {"id": agreement_id} | ({} if version is None else {"of": version})
    row = (await tx.execute(text(which), given)).first()
    return None if row is None else _agreement(row)


async def partners_view(
    tx: Transaction, cells: Sequence[str], own_cell: str, limits: Limits
) -> list[PartnerView]:
    return [await _partner(tx, cell, own_cell, limits) for cell in cells]


async def _partner(tx: Transaction, cell: str, own_cell: str, limits: Limits) -> PartnerView:
    view = await partners.view(tx, cell, own_cell)
    row = (
        await tx.execute(
            text(
                """
                select (select trouble from exchange.partners where cell = :cell) as trouble,
                  (select count(*) from exchange.gaps where cell = :cell) as gaps,
                  (select coalesce(sum(forks), 0) from exchange.incoming_chains where cell = :cell) as forks,
                  (select count(*) from exchange.quarantine where cell = :cell) as quarantined
                """
            ),
            {"cell": cell},
        )
    ).one()
    return PartnerView(
        cell=cell,
        present=fresh(view.present_at, limits, tx.now),
        present_at=view.present_at,
        window=limits.window,
        waiting=view.waiting,
        trust_list_issued=view.trust_issued,
        trust_list_stale=stale(view.trust_issued, tx.now),
        broker_trouble=row.trouble,
        gaps=row.gaps,
        chain_breaks=row.forks,
        quarantined=row.quarantined,
        closed=closed(view, limits, tx.now),
    )


Position = tuple[datetime, UUID, UUID]


async def envelopes(
    tx: Transaction, case_id: UUID | None, partner: str | None, after: Position, limit: int
) -> list[EnvelopeView]:
    """The envelopes of one case, of one partner, or all of them: oldest first."""
    condition = f"{_ALL if case_id is None else _OF_CASE} and {_OF_PARTNER}"
    statement = ENVELOPES.format(
        outgoing=condition, incoming=condition, reference=reference_column("case_id")
    )
    at, envelope, item = after
    asked = {"case": case_id, "partner": partner, "at": at, "envelope": envelope, "item": item}
    rows = await tx.execute(text(statement), {**asked, "limit": limit})
    return [EnvelopeView.model_validate(row, from_attributes=True) for row in rows]


async def receipts(tx: Transaction, item_id: UUID) -> tuple[UUID | None, list[ReceiptView]] | None:
    """The case of an item of ours, and its receipts; None for an item that never left."""
    item = (await tx.execute(_ITEM, {"item": item_id})).first()
    if item is None:
        return None
    rows = await tx.execute(_RECEIPTS, {"cell": item.cell, "item": item_id})
    return item.case_id, [ReceiptView.model_validate(row, from_attributes=True) for row in rows]


def _agreement(row: Row[Any]) -> AgreementView:
    return AgreementView(
        id=row.id,
        version=row.version,
        sha256=row.sha256,
        cells=list(row.cells),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        suspended=row.suspended,
        **row.document,
    )
