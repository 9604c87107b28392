"""Halves of referrals: got under a lock and for an actor, loaded and saved as sets for a batch of events."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database import Transaction
from chassis.identity.access import require_case, whose
from chassis.identity.auth import Actor
from chassis.identity.taken_over import named_after_holder
from chassis.problems import Conflict, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import one_of, update_set, upsert_set
from services.referral.domain.case import CaseReferrals
from services.referral.domain.facts import Fact
from services.referral.domain.referral import Referral
from services.referral.domain.states import UNANSWERED, Half, Kind, Verb
from services.referral.outgoing import outgoing
from services.referral.store import offers
from services.referral.store.tables import ONE_TRANSFER, REFERRALS

_KEY_AND_FIXED = {
    "id", "half", "case_id", "organisation", "sender", "sender_cell", "recipient", "recipient_cell", "recipient_role",
    "service", "purpose", "urgency", "asked", "created_at", "kind", "updated_at",
    "updated_minute",
}  # fmt: skip
_MOVING = [column.name for column in REFERRALS.c if column.name not in _KEY_AND_FIXED]
_UPDATE = update_set(REFERRALS, *_MOVING, also={"updated_at": "now()"}, stored="stored")
# An offer fills in the tombstone of its own recall. Where a partner names one referral for two cases, the first stands.
_INSERT = upsert_set(
    REFERRALS, without=["updated_at"], where="t.organisation = '' and t.case_id = excluded.case_id"
)
_NAMED_AFTER_HOLDER = named_after_holder(REFERRALS)
_REFERRALS = RowReader(Referral, REFERRALS, stored="version")
_READ = f"select {_REFERRALS.columns()} from referral.referrals"
_LOCK = text(f"{_READ} where id = :id and half = :half for update")
_LOAD = text(f"{_READ} where case_id = any(cast(:cases as uuid[])) order by case_id, id, half for update")
_OPEN = text(
    "select id, recipient, purpose from referral.referrals where case_id = :case and sender = :sender"
    f" and half = '{Half.OUTGOING}' and state in {one_of(UNANSWERED)}"
    f" and ((recipient = :recipient and purpose = :purpose) or kind = '{Kind.TRANSFER}')"
    " order by (recipient = :recipient and purpose = :purpose) desc, created_at limit 1"
)
_HALVES = text(
    "select half, kind, case_id, organisation from referral.referrals"
    " where id = :id and half = coalesce(:half, half) order by half desc"
)


class ReferralOpen(Conflict):
    """Another referral stands in the way: `referral_id`, where it is known and of the same organisation."""

    def __init__(self, referral_id: UUID | None = None) -> None:
        super().__init__()
        self.referral_id = referral_id

    def body(self) -> dict[str, Any]:
        named = {} if self.referral_id is None else {"referral_id": str(self.referral_id)}
        return {**super().body(), **named}


class OfferOpen(ReferralOpen):
    """One open offer for a case, a recipient and a purpose."""

    code, title = "offer-open", "There is an open referral of this case to this recipient for this purpose"


class TransferOpen(ReferralOpen):
    """A case goes to one organisation at a time."""

    code, title = (
        "transfer-open",
        "There is an open transfer of this case: wait for its answer, or take it back",
    )


HAND_OVER, DRAFT = "case.hand-over", "referral.draft"
_BY_SENDER = frozenset({DRAFT, "referral.send", "referral.cancel", "referral.correct", "disclosure.preview"})


def right_to(action: str, kind: Kind) -> str:
    """The action that the policies are asked about: a worker who may hand a case over makes every move of the
    sender's half of a transfer.
    """
    return HAND_OVER if kind is Kind.TRANSFER and action in _BY_SENDER else action


def action_of(verb: Verb) -> str:
    """The right that a verb asks for, before it is known of which kind the referral is."""
    return f"referral.{verb}"


@dataclass(frozen=True, slots=True)
class MeantHalf:
    half: Half
    kind: Kind
    case_id: UUID


async def half_of(
    tx: Transaction, actor: Actor, referral_id: UUID, half: Half | None = None, *, rather: Half | None = None
) -> MeantHalf:
    """The half that the actor means, and its case: the half asked for, else the one of their organisation. Raises
    NotFound. Where that leaves a choice, it is `rather` this half.
    """
    meant = await whose(tx, _HALVES, {"id": referral_id, "half": half})
    if not meant:
        raise NotFound
    row = max(meant, key=lambda one: (one.organisation == actor.organisation, one.half == rather))
    return MeantHalf(Half(row.half), Kind(row.kind), row.case_id)


async def get(
    tx: Transaction, actor: Actor, action: str, referral_id: UUID, half: Half, *, expected: int | None = None
) -> Referral:
    """Lock a half for this actor to move it: this one, or the other where they have that alone, whose gate then refuses.

    Raises NotFound, or PreconditionFailed where it is not as they saw it.
    """
    meant = await half_of(tx, actor, referral_id, rather=half)
    await require_case(tx, actor, right_to(action, meant.kind), meant.case_id)
    referral = await hold(tx, referral_id, meant.half)
    if expected is not None and referral.version != expected:
        raise PreconditionFailed
    return referral


async def hold(tx: Transaction, referral_id: UUID, half: Half) -> Referral:
    """Lock a half for the service's own work. Raises NotFound."""
    found = _REFERRALS.first(await tx.execute(_LOCK, {"id": referral_id, "half": half}))
    if found is None:
        raise NotFound
    return found


async def save(tx: Transaction, referral: Referral, facts: Sequence[Fact]) -> None:
    """Write the half if it is still as it was read, and say its facts. Raises PreconditionFailed, OfferOpen,
    TransferOpen.
    """
    try:
        await _write(tx, [referral])
    except IntegrityError as error:
        raise (TransferOpen if str(ONE_TRANSFER.name) in str(error.orig) else OfferOpen) from error
    tx.say(*map(outgoing, facts))


async def require_none_open(tx: Transaction, draft: Referral) -> None:
    """Raises OfferOpen or TransferOpen with the referral that stands in the way of this one, so that it can be looked at. The indexes
    hold whatever comes at the same moment.
    """
    of_draft = {
        "case": draft.case_id,
        "sender": draft.sender,
        "recipient": draft.recipient,
        "purpose": draft.purpose,
    }
    for row in await tx.execute(_OPEN, of_draft):
        if (row.recipient, row.purpose) == (draft.recipient, draft.purpose):
            raise OfferOpen(row.id)
        if draft.kind is Kind.TRANSFER:
            raise TransferOpen(row.id)


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseReferrals]:
    """All halves under these cases, locked in one order."""
    cases = {case_id: CaseReferrals(case_id) for case_id in case_ids}
    for referral in _REFERRALS.all(await tx.execute(_LOAD, {"cases": list(case_ids)})):
        cases[referral.case_id].halves[referral.id, referral.half] = referral
    return cases


async def load_with_offers(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseReferrals]:
    """All halves under these cases, with every service that an active organisation offers."""
    cases = await load(tx, case_ids)
    offered = await offers.of_everybody(tx)
    for case in cases.values():
        case.offered = offered
    return cases


async def save_cases(tx: Transaction, cases: Sequence[CaseReferrals]) -> None:
    """One statement for all halves that moved, one for those that are new."""
    await _write(tx, [r for case in cases for r in case.halves.values() if r.changed])


async def _write(tx: Transaction, referrals: Sequence[Referral]) -> None:
    new = [r for r in referrals if r.stored == 0]
    moved = [r for r in referrals if r.stored != 0]
    if await _UPDATE.write(tx, moved) != len(moved):
        raise PreconditionFailed
    await _INSERT.write(tx, sorted(new, key=attrgetter("case_id", "id", "half")))
    if new:  # what was on its way to the organisation that had the case before
        await tx.execute(_NAMED_AFTER_HOLDER, {"cases": [r.case_id for r in new]})
    for referral in referrals:
        referral.stored = referral.version
