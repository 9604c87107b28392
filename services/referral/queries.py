"""The reads: the worklist and one half of a referral, straight to the answers of the API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import Rights
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.listing import true_or_not
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.worklist import AwaitedParty, CaseRowFilters, ListedOnCase, Worklist
from contracts.casefile.reference import ShownReference
from contracts.crossing import CROSSINGS, REFERRAL
from contracts.types import CaseId, Cell, Code, KnownCode, OrganisationId
from services.referral.domain.states import HELPING, MOVES, OFFERED, Half, Kind, State, Verb, passes
from services.referral.store.referrals import action_of, right_to

_LISTS = ", ".join(
    f"`{row.reasons}`" for row in CROSSINGS if row.subject is REFERRAL and row.carries == "reason"
)
_REASON = f"of {_LISTS}; of `disclosure_refusal` or `border_refusal` where nothing was delivered"


class WithheldView(BaseModel):
    field: Annotated[str, Code("field")]
    reason: Annotated[str, Code("withheld_reason")]


class ReferralSummary(BaseModel):
    """One half as a worklist shows it."""

    referral_id: UUID
    half: Annotated[str, Code("half")]
    case_id: CaseId
    case_reference: ShownReference
    kind: Annotated[str, Code("referral_kind")]
    state: Annotated[str, Code("referral_state")]
    sender: OrganisationId
    recipient: OrganisationId
    service: Annotated[str, Code("service")]
    purpose: Annotated[str, Code("purpose")]
    urgency: Annotated[str, Code("urgency")]
    created_at: datetime
    respond_by: Annotated[datetime | None, Field(description="until when the receiver should answer")]
    late: Annotated[bool, Field(description="the reminder has passed and nobody has answered")]
    consent_recorded: Annotated[
        bool,
        Field(
            description="a consent naming this recipient and purpose was recorded; the preview says if it permits"
        ),
    ]
    waiting_for: Annotated[
        Annotated[str, Code("awaited_party")] | None, Field(description="whose move is next; null: nobody's")
    ]
    version: int


class ListedReferral(ReferralSummary, ListedOnCase):
    pass


@dataclass(frozen=True, slots=True)
class ReferralFilters(CaseRowFilters):
    half: Annotated[
        Half | None, Query(description="only your organisation's own, or only those that came to it")
    ] = None
    state: Annotated[Annotated[str, KnownCode("referral_state")] | None, Query(description="only these")] = (
        None
    )
    kind: Annotated[Annotated[str, KnownCode("referral_kind")] | None, Query(description="only these")] = None
    partner: Annotated[
        OrganisationId | None, Query(description="only those with this organisation on the other side")
    ] = None
    service: Annotated[Annotated[str, KnownCode("service")] | None, Query(description="only for it")] = None
    purpose: Annotated[Annotated[str, KnownCode("purpose")] | None, Query(description="only for it")] = None
    urgency: Annotated[Annotated[str, KnownCode("urgency")] | None, Query(description="only these")] = None
    waiting_for: Annotated[AwaitedParty | None, Query(description="only those whose move is theirs")] = None
    late: Annotated[
        bool | None, Query(description="only those that should have been answered by now, or not")
    ] = None
    consent_recorded: Annotated[
        bool | None, Query(description="only those for which a consent was recorded, or none")
    ] = None


class ReferralView(ReferralSummary):
    moves: list[MoveView] = []
    sender_cell: Cell
    recipient_cell: Cell
    asked: Annotated[
        list[str], Field(description="field names that the worker asked to send, or that were granted")
    ]
    disclosure_id: UUID | None
    fields: Annotated[list[str], Field(description="field names that were authorised, or received")]
    withheld: list[WithheldView]
    reason: Annotated[str | None, Field(description=_REASON)]
    outcome: Annotated[
        str | None, Field(description="of `referral_outcome`; null where her consent does not let it be told")
    ]
    sent_at: datetime | None
    received_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


_SOURCE = "referral.referrals as r"
_LATE = f"r.state in {one_of(OFFERED)} and r.reminded_at is not null"
# Whoever received an offer answers it and then helps; a transfer ends with its answer. As the index `referrals_by_waiting`.
_WAITING = (
    f"case when r.state = '{State.DRAFT}' then '{AwaitedParty.OWN}'"
    f" when r.state in {one_of(OFFERED)} or (r.state in {one_of(HELPING)} and r.kind = '{Kind.REFERRAL}')"
    f" then case r.half when '{Half.INCOMING}' then '{AwaitedParty.OWN}' else '{AwaitedParty.PARTNER}' end end"
)
_CONSENT_RECORDED = (
    "exists (select from referral.consents as c where c.case_id = r.case_id and c.valid_until > :now"
    " and jsonb_exists(c.recipients, r.recipient) and jsonb_exists(c.purposes, r.purpose) offset 0)"
)
_COLUMNS = (
    f"r.*, r.id as referral_id, {reference_column('r.case_id')} as case_reference, {_LATE} as late,"
    f" {_WAITING} as waiting_for, {_CONSENT_RECORDED} as consent_recorded"
)
_ONE = text(f"select {_COLUMNS} from {_SOURCE} where r.id = :id and r.half = :half")
WORKLIST = Worklist(
    view=ListedReferral,
    action="referral.read",
    columns=_COLUMNS,
    source=_SOURCE,
    made_at="r.created_at",
    due_at="r.respond_by",
    due=f"r.state in {one_of(OFFERED)} and r.respond_by is not null",
    by_minute=True,
    filters={
        "half": "r.half = :half",
        "state": "r.state = :state",
        "kind": {
            Kind.TRANSFER: f"r.kind = '{Kind.TRANSFER}'",
            Kind.REFERRAL: f"r.kind = '{Kind.REFERRAL}'",
        },
        "partner": f"case r.half when '{Half.OUTGOING}' then r.recipient else r.sender end = :partner",
        "service": "r.service = :service",
        "purpose": "r.purpose = :purpose",
        "urgency": "r.urgency = :urgency",
        "waiting_for": f"({_WAITING}) = :waiting_for",
        "late": true_or_not(_LATE),
        "consent_recorded": true_or_not(_CONSENT_RECORDED, f"not {_CONSENT_RECORDED}"),
    },
)


async def referral(tx: Transaction, referral_id: UUID, half: str) -> ReferralView:
    """One half that the actor was allowed to read."""
    row = (await tx.execute(_ONE, {"id": referral_id, "half": half, "now": tx.now})).one()
    withheld = [{"field": name, "reason": reason} for name, reason in row.withheld]
    return ReferralView.model_validate({**row._asdict(), "withheld": withheld})


def moves(
    view: ReferralView, commands: Commands, permitted: Rights, send_blocks: list[str], *, closed: bool
) -> list[MoveView]:
    """The moves that may be made with this half now; nothing is sent of a case that is `closed`. A verb is a command where it has a route: `accept` is
    `accept_referral`.
    """
    half, state, kind = Half(view.half), State(view.state), Kind(view.kind)
    offers = [
        Offer(
            f"{verb}_referral",
            right_to(action_of(verb), kind),
            passes(verb, half, state, kind) and not (closed and verb is Verb.SEND),
            send_blocks if verb is Verb.SEND else (),
        )
        for verb in MOVES
    ]
    return commands.open(offers, permitted, referral_id=view.referral_id)
