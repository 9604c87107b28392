"""What can be done with a referral and with the directory: one function, one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require, require_case
from chassis.identity.auth import Actor
from chassis.problems import Forbidden, Invalid, PreconditionFailed, WrongState
from contracts.response_clock import ResponseClock
from services.referral.domain.directory import (
    AgeNotTaken,
    Organisation,
    Profile,
    RecipientNotListed,
    Service,
    ServiceNotOffered,
)
from services.referral.domain.facts import Fact
from services.referral.domain.referral import Referral
from services.referral.domain.states import MOVES, Half, Kind, Verb, WrongHalf, WrongMove
from services.referral.store import ages, directory, referrals


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker asks for in a draft; every code is checked against its list before it gets here."""

    case_id: UUID
    recipient: str
    service: str
    purpose: str
    urgency: str
    fields: tuple[str, ...]
    kind: Kind = Kind.REFERRAL


@contextmanager
def answered() -> Iterator[None]:
    """What the domain refuses, as the caller is told."""
    try:
        yield
    except WrongMove as error:
        raise WrongState(f"the referral is {error.state}") from error
    except WrongHalf as error:
        raise Forbidden(f"the {error.half} half does not {error.verb}") from error
    except RecipientNotListed as error:
        raise _refused("recipient", "not an active organisation of the directory", "not-listed") from error
    except AgeNotTaken as error:
        raise _refused("service", "the recipient's service is for another age", "other-age") from error
    except ServiceNotOffered as error:
        raise _refused("service", "not a service that the recipient offers", "not-offered") from error


def _refused(field: str, message: str, code: str) -> Invalid:
    return Invalid(errors=[{"loc": ["body", field], "msg": message, "code": code}])


async def draft_referral(tx: Transaction, actor: Actor, cell: str, asked: Asked) -> Referral:
    """A draft of the actor's organisation. Nothing is said: nobody else has anything to know yet."""
    await require_case(tx, actor, referrals.right_to("referral.draft", asked.kind), asked.case_id)
    if asked.recipient == actor.organisation:
        raise _refused("recipient", "must be another organisation than the sender", "not-another")
    recipient = await _recipient(tx, asked.case_id, asked.recipient, asked.service)
    if asked.kind is Kind.TRANSFER and recipient.cell != cell:
        raise _refused(
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
    await referrals.save(tx, referral, [])
    return referral


async def send_referral(
    tx: Transaction, actor: Actor, clock: ResponseClock, referral_id: UUID, expected: int | None
) -> Referral:
    """Checked against the directory once more, because it may have changed since the draft was written."""
    action = referrals.action_of(Verb.SEND)
    referral = await referrals.get(tx, actor, action, referral_id, Half.OUTGOING, expected=expected)
    with answered():
        facts = referral.send(clock.deadlines(referral.urgency, tx.now), tx.now)
    await _recipient(tx, referral.case_id, referral.recipient, referral.service)
    await referrals.save(tx, referral, facts)
    return referral


async def send_blocks(tx: Transaction, case_id: UUID, recipient: str, service: str) -> list[str]:
    """Codes of why an offer to this recipient would be refused now; empty where it makes sense."""
    try:
        await _recipient(tx, case_id, recipient, service)
    except Invalid as refused:
        return [str(error["code"]) for error in refused.errors]
    return []


async def move_referral(
    tx: Transaction,
    actor: Actor,
    verb: Verb,
    referral_id: UUID,
    made: Callable[[Referral], Sequence[Fact]],
    expected: int | None,
) -> Referral:
    """Any other move of the half that makes it. The half says who may; whoever has the other one finds nothing."""
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


async def put_organisation(
    tx: Transaction, actor: Actor, organisation_id: str, profile: Profile, expected: int | None
) -> Organisation:
    """By a supervisor of that organisation; made where it is not there yet."""
    require(actor, "directory.write", organisation=organisation_id)
    organisation = await directory.find_organisation(tx, organisation_id, lock=True)
    found = organisation or Organisation(organisation_id, profile)
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    facts = found.describe(profile)
    if facts:
        await directory.save_organisation(tx, found, facts)
    return found


async def put_service(
    tx: Transaction, actor: Actor, organisation_id: str, service: Service, expected: int | None
) -> Organisation:
    require(actor, "directory.write", organisation=organisation_id)
    organisation = await directory.get_organisation(tx, organisation_id, lock=True, expected=expected)
    facts = organisation.offer(service)
    if facts:
        await directory.save_organisation(tx, organisation, facts)
    return organisation


async def seed_organisation(
    tx: Transaction, organisation_id: str, profile: Profile, services: Sequence[Service], sha256: str
) -> bool:
    """Take an entry of the seed file unless this very entry was taken before; so later changes by people stay."""
    known = await directory.find_organisation(tx, organisation_id, lock=True)
    organisation = known or Organisation(organisation_id, profile)
    if organisation.seeded == sha256:
        return False
    facts = organisation.describe(profile)
    for service in services:
        facts += organisation.offer(service)
    organisation.seeded = sha256
    await directory.save_organisation(tx, organisation, facts)
    return True


async def _recipient(tx: Transaction, case_id: UUID, recipient: str, service: str) -> Profile:
    """The recipient as the directory has it. Raises Invalid where no offer to it makes sense."""
    organisation = await directory.find_organisation(tx, recipient)
    with answered():
        if organisation is None:
            raise RecipientNotListed
        organisation.check_offer(service, await ages.known(tx, case_id))
    return organisation.profile
