"""The reads of consents: SQL straight to the views that the API answers with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.rows import RowReader
from chassis.web.moves import MoveView
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from contracts.disclosure import ANSWER_WITHIN
from contracts.events.consent import WithheldField
from contracts.internal import Preview
from contracts.types import Code
from services.consent.domain.authorisation import Decision, decide
from services.consent.domain.chain import BrokenChain, verify
from services.consent.domain.grant import readable
from services.consent.domain.request import Request
from services.consent.store import grounds, records


class RecipientView(BaseModel):
    organisation: str
    country: str


class TermsView(BaseModel):
    purposes: list[str]
    recipients: list[RecipientView]
    categories: list[str]
    back_categories: list[str]
    notice_version: str | None
    language: str | None
    risks_explained: bool
    method: str | None
    capacity: str
    assent: str
    interpreted: bool
    interpreter_undertaking: bool
    withdrawal_method: str
    legal_basis: str
    valid_until: datetime
    decided_by: str | None
    confirmed_by: str | None
    law: Annotated[str, Code("protection_law")] | None
    reviewed_by: str | None
    upheld: bool | None
    notice_language: Annotated[str, Code("language")] | None = None


class ConsentSummary(BaseModel):
    id: UUID
    case_id: UUID
    case_reference: ShownReference
    state: Annotated[str, Code("consent_state")]
    revision: int
    valid_until: datetime
    created_at: datetime
    terms: TermsView


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision as it was hashed."""

    number: int
    body: dict[str, Any]
    hash: str


_KEPT = RowReader(KeptRevision)


class RevisionView(BaseModel):
    """One entry of the chain. `sealed` says which names are kept under her key, never the names."""

    number: int
    state: Annotated[str, Code("consent_state")]
    at: datetime
    by: str
    organisation: str
    terms: TermsView
    sealed: list[str]
    previous: str
    hash: str


class WaitingRecall(BaseModel):
    """A disclosure that was recalled, and of which exchange has not yet confirmed that nothing is sealed any more."""

    disclosure_id: UUID
    recipient: str
    recipient_cell: str
    reason: Annotated[str, Code("recall_reason")]
    consent_id: Annotated[UUID, Field(exclude=True)]
    case_id: Annotated[UUID, Field(exclude=True)]
    referral_id: Annotated[UUID, Field(exclude=True)]


class ConsentView(ConsentSummary):
    moves: list[MoveView] = []
    complete: Annotated[
        bool, Field(description="nothing that was taken back can be sealed any more, whatever was under way")
    ]
    waiting_for: Annotated[list[WaitingRecall], Field(description="of which that is not yet certain")]
    intact: Annotated[bool, Field(description="whether every revision fits its hash and the one before")]
    revisions: list[RevisionView]

    @property
    def controller(self) -> str:
        """The organisation that asked her, whoever moved the record since."""
        return self.revisions[0].organisation


class LedgerEntry(BaseModel):
    """One step of one disclosure: field names, never values."""

    position: int
    at: datetime
    disclosure_id: UUID
    consent_id: UUID | None
    step: str
    recipient: str
    recipient_cell: str
    revision: int | None
    fields: list[Annotated[str, Code("field")]]
    code: Annotated[str | None, Field(description="why refused, undelivered or recalled; or the answer")]
    law: str | None
    expires: Annotated[
        datetime | None,
        Field(
            description="of what was authorised: until when its recipient may read it, if nothing ends it before"
        ),
    ]
    answer_due: Annotated[datetime | None, Field(description="for a recall: until when it must be answered")]
    overdue: Annotated[bool, Field(description="a recall that nobody has answered in time")]


class GrantView(BaseModel):
    """A grant received. Where a recall came first, nothing is known but that it is closed."""

    disclosure_id: UUID
    case_id: UUID
    case_reference: ShownReference
    granted: bool
    closed: bool
    closed_for: Annotated[str, Code("recall_reason")] | None
    referral_id: UUID | None
    sender: str | None
    sender_cell: str | None
    recipient: str | None
    purpose: str | None
    fields: list[str]
    back_categories: list[str]
    consent_revision: int | None
    valid_until: datetime | None
    basis: Annotated[
        Annotated[str, Code("disclosure_basis")] | None,
        Field(description="what it rests on where that is not her consent: she is to be asked"),
    ]
    law: Annotated[str, Code("protection_law")] | None


class GrantedView(GrantView):
    """A grant for the organisation that has the case, with the moves that it may make for her."""

    moves: list[MoveView] = []


_CONSENTS = text(
    f"select id, case_id, {reference_column('case_id')} as case_reference, state, revision, valid_until, created_at, terms from consent.records"
    " where case_id = :case and (cast(:at as timestamptz) is null or (created_at, id) > (:at, cast(:id as uuid)))"
    " order by created_at, id limit :limit"
)
_CONSENT = text(
    f"select *, {reference_column('case_id')} as case_reference from consent.records where id = :id"
)
_REVISIONS = text("select number, body, hash from consent.revisions where consent_id = :id order by number")
_FENCE_DUE = (
    "select id as disclosure_id, recipient, recipient_cell, recalled_for as reason, consent_id, case_id, referral_id"
    " from consent.disclosures where fence_due"
)
_WAITING_OF = text(f"{_FENCE_DUE} and consent_id = :consent order by id")
_WAITING = text(f"{_FENCE_DUE} and id = :id")
_LEDGER = text(
    """
    select l.*, case when l.step = 'authorised' then d.valid_until end as expires, case when l.step = 'recalled' then l.at + :within end as answer_due,
           l.step = 'recalled' and l.at + :within < clock_timestamp() and not exists (
               select from consent.ledger as a
               where a.disclosure_id = l.disclosure_id and a.step = 'answered' and a.pos > l.pos) as overdue
    from consent.ledger as l left join consent.disclosures d on d.id = l.disclosure_id where l.case_id = :case and l.pos > :after order by l.pos limit :limit
    """
)
_GRANTS = text(
    f"select *, {reference_column('case_id')} as case_reference, clock_timestamp() as now from consent.grants where case_id = :case"
    " and (cast(:after as uuid) is null or disclosure_id > :after) order by disclosure_id limit :limit"
)
_GRANT = text(
    f"select *, {reference_column('case_id')} as case_reference, clock_timestamp() as now"
    " from consent.grants where disclosure_id = :id"
)


async def consents(
    tx: Transaction, case_id: UUID, after: Position | None, limit: int
) -> list[ConsentSummary]:
    at, id_ = after or (None, None)
    rows = await tx.execute(_CONSENTS, {"case": case_id, "at": at, "id": id_, "limit": limit})
    return [ConsentSummary.model_validate(row, from_attributes=True) for row in rows]


async def consent(tx: Transaction, consent_id: UUID) -> ConsentView:
    """The record with all its revisions, and whether they are as they were written."""
    row = (await tx.execute(_CONSENT, {"id": consent_id})).one()
    revisions = _KEPT.all(await tx.execute(_REVISIONS, {"id": consent_id}))
    waiting = await waiting_of(tx, consent_id)
    return ConsentView(
        id=row.id,
        case_id=row.case_id,
        case_reference=row.case_reference,
        state=row.state,
        revision=row.revision,
        valid_until=row.valid_until,
        created_at=row.created_at,
        terms=TermsView.model_validate(row.terms),
        complete=not waiting,
        waiting_for=waiting,
        intact=_intact(row, revisions),
        revisions=[_revision(r) for r in revisions],
    )


async def waiting_of(tx: Transaction, consent_id: UUID) -> list[WaitingRecall]:
    rows = await tx.execute(_WAITING_OF, {"consent": consent_id})
    return [WaitingRecall.model_validate(row, from_attributes=True) for row in rows]


async def waiting(tx: Transaction, disclosure_id: UUID) -> WaitingRecall | None:
    row = (await tx.execute(_WAITING, {"id": disclosure_id})).first()
    return None if row is None else WaitingRecall.model_validate(row, from_attributes=True)


def _intact(row: Row[Any], revisions: Sequence[KeptRevision]) -> bool:
    """True where the chain holds, none is missing at its end, and the record matches its last revision."""
    try:
        count = verify(((r.body, r.hash) for r in revisions), row.salt)
    except BrokenChain:
        return False
    last = revisions[-1].body if revisions else {}
    as_last = (row.state, row.terms, row.sealed) == (last.get("state"), last.get("terms"), last.get("sealed"))
    return count == row.revision and revisions[-1].hash == row.head and as_last


def _revision(row: KeptRevision) -> RevisionView:
    body = row.body
    return RevisionView(
        number=row.number,
        state=body["state"],
        at=body["at"],
        by=body["by"],
        organisation=body["organisation"],
        terms=body["terms"],
        sealed=sorted(body["sealed"]),
        previous=body["previous"],
        hash=row.hash,
    )


async def guardian(tx: Transaction, consent_id: UUID) -> dict[str, str]:
    """The ciphertexts about the person who speaks for the child; none where nobody does."""
    row = (await tx.execute(_CONSENT, {"id": consent_id})).one()
    return {what: row.sealed[what] for what in ("guardian", "guardian_relationship") if what in row.sealed}


async def ledger(tx: Transaction, case_id: UUID, after: int, limit: int) -> list[LedgerEntry]:
    parameters = {"case": case_id, "after": after, "limit": limit, "within": ANSWER_WITHIN}
    rows = await tx.execute(_LEDGER, parameters)
    return [LedgerEntry.model_validate({**row._asdict(), "position": row.pos}) for row in rows]


async def grants(tx: Transaction, case_id: UUID, after: UUID | None, limit: int) -> list[GrantedView]:
    rows = await tx.execute(_GRANTS, {"case": case_id, "after": after, "limit": limit})
    return [GrantedView(**_grant(row).model_dump()) for row in rows]


async def grant(tx: Transaction, disclosure_id: UUID) -> GrantView:
    """The grant, with whether its fields may still be read, by the database's clock. Raises NotFound."""
    row = (await tx.execute(_GRANT, {"id": disclosure_id})).first()
    if row is None:
        raise NotFound
    return _grant(row)


def _grant(row: Row[Any]) -> GrantView:
    values = row._asdict()
    granted = readable(row.valid_until, row.now, closed=row.closed)
    lists = {"fields": row.fields or [], "back_categories": row.back_categories or []}
    return GrantView.model_validate({**values, **lists, "granted": granted})


async def preview(tx: Transaction, cell: str, request: Request) -> Preview:
    """The same decision as at authorisation, with nothing locked and nothing kept."""
    now = await tx.clock()
    held = await records.records_of(tx, request.case_id)
    return preview_of(
        decide(held, await grounds.ground(tx, cell, now, recipients=[request.recipient]), request, now)
    )


def preview_of(decision: Decision) -> Preview:
    computed, record = decision.computed, decision.record
    refused = computed.refusal is not None
    return Preview(
        sent=list(computed.sent),
        withheld=[WithheldField(field=name, reason=reason) for name, reason in computed.withheld],
        refusal=computed.refusal,
        consent_id=None if refused or record is None else record.id,
        revision=None if refused or record is None else record.revision,
        back_categories=[] if refused or record is None else list(record.terms.back_categories),
        basis=None if refused or record is None else record.terms.basis,
        law=None if refused or record is None else record.terms.law,
        expires=None if refused else decision.authority().valid_until,
    )
