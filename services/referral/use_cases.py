"""The use cases of a referral: one function, one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import ListedOrganisation, refused, require_organisation
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.identity.closed import require_not_closed
from chassis.identity.linked import has_linked_case, require_no_linked_case
from chassis.problems import Invalid, LinkedCaseOpen, NotFound, WrongState
from contracts.country.response_clock import ResponseClock
from services.referral.domain.facts import Fact
from services.referral.domain.offers import AgeNotTaken, ServiceNotOffered, check_offer
from services.referral.domain.referral import Referral
from services.referral.domain.states import MOVES, Half, Kind, Verb, WrongHalf, WrongMove
from services.referral.store import ages, offers, referrals


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A worker's request for a draft; every code is checked against its list before it gets here."""

    case_id: UUID
    recipient: str
    service: str
    purpose: str
    urgency: str
    fields: tuple[str, ...]
    kind: Kind = Kind.REFERRAL


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except WrongMove as error:
        raise WrongState(f"the referral is {error.state}") from error
    except WrongHalf as error:
        raise WrongState(f"the {error.half} half does not {error.verb}") from error
    except AgeNotTaken as error:
        raise refused("service", "the recipient's service is for another age", "other-age") from error
    except ServiceNotOffered as error:
        raise refused("service", "not a service that the recipient offers", "not-offered") from error


async def draft_referral(tx: Transaction, actor: Actor, cell: str, asked: DraftRequest) -> Referral:
    """A draft of the actor's organisation. No event is said: nobody else has anything to know yet."""
    await require_case(tx, actor, referrals.right_to(referrals.DRAFT, asked.kind), asked.case_id)
    if asked.recipient == actor.organisation:
        raise refused("recipient", "must be another organisation than the sender", "not-another")
    recipient = await _recipient(tx, asked.case_id, asked.recipient, asked.service)
    if asked.kind is Kind.TRANSFER and recipient.cell != cell:
        raise refused(
            "recipient", "a case is transferred inside one country; abroad it is referred", "transfer-abroad"
        )
    referral = Referral(
        id=tx.new_id(),
        half=Half.OUTGOING,
        case_id=asked.case_id,
        sender=actor.organisation,
        sender_cell=cell,
        recipient=asked.recipient,
        recipient_cell=recipient.cell,
        recipient_role=recipient.role,
        service=asked.service,
        purpose=asked.purpose,
        urgency=asked.urgency,
        asked=asked.fields,
        created_at=tx.now,
        kind=asked.kind,
    )
    await referrals.require_none_open(tx, referral)
    await referrals.save(tx, referral, [])
    return referral


async def send_referral(
    tx: Transaction,
    actor: Actor,
    clock: ResponseClock,
    referral_id: UUID,
    expected: int | None,
    *,
    linked_stay: bool,
) -> Referral:
    """Send a draft. The offer is checked against the directory once more, because that may have changed since the
    draft was written, and so may have who is linked with a person who is handed over. Nothing is sent of a closed case.
    """
    action = referrals.action_of(Verb.SEND)
    referral = await referrals.get(tx, actor, action, referral_id, Half.OUTGOING, expected=expected)
    await require_not_closed(tx, referral.case_id)
    if referral.kind is Kind.TRANSFER:
        await require_no_linked_case(tx, referral.case_id, stays=linked_stay)
    with answered():
        facts = referral.send(clock.deadlines(referral.urgency, tx.now), tx.now)
    await _recipient(tx, referral.case_id, referral.recipient, referral.service)
    await referrals.save(tx, referral, facts)
    return referral


async def send_blocks(tx: Transaction, case_id: UUID, recipient: str, service: str, kind: str) -> list[str]:
    """Codes of why an offer to this recipient would be refused now; empty where it makes sense."""
    leaves = kind == Kind.TRANSFER and await has_linked_case(tx, case_id)
    linked = [LinkedCaseOpen.code] if leaves else []
    try:
        await _recipient(tx, case_id, recipient, service)
    except Invalid as refused:
        return [*(str(error["code"]) for error in refused.errors), *linked]
    return linked


async def referral_to_preview(tx: Transaction, actor: Actor, referral_id: UUID) -> Referral:
    """The half of whoever sends. Raises NotFound where the actor has the other one alone: it discloses nothing."""
    referral = await referrals.get(tx, actor, "disclosure.preview", referral_id, Half.OUTGOING)
    if referral.half is not Half.OUTGOING:
        raise NotFound
    return referral


async def move_referral(
    tx: Transaction,
    actor: Actor,
    verb: Verb,
    referral_id: UUID,
    made: Callable[[Referral], Sequence[Fact]],
    expected: int | None,
) -> Referral:
    """Any other move of a half. The half decides who may make it; the holder of the other one alone is told so."""
    (half,) = MOVES[verb].by
    referral = await referrals.get(tx, actor, referrals.action_of(verb), referral_id, half, expected=expected)
    with answered():
        facts = made(referral)
    await referrals.save(tx, referral, facts)
    return referral


async def remind(tx: Transaction, referral_id: UUID, half: Half) -> None:
    referral = await referrals.hold(tx, referral_id, half)
    await referrals.save(tx, referral, referral.remind(tx.now))


async def expire(tx: Transaction, referral_id: UUID, half: Half) -> None:
    referral = await referrals.hold(tx, referral_id, half)
    await referrals.save(tx, referral, referral.expire(tx.now))


async def _recipient(tx: Transaction, case_id: UUID, recipient: str, service: str) -> ListedOrganisation:
    """The recipient as the directory has it. Raises Invalid where no offer to it makes sense."""
    listed = await require_organisation(tx, recipient, "recipient", receives=True)
    offered = await offers.of(tx, recipient, service)
    with answered():
        check_offer(offered, await ages.known(tx, case_id))
    return listed
