"""Immediate protection of a person who cannot be asked: asked for by one, approved by a second, looked at by a third,
ended by her own word.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import members, refused, require_organisation
from chassis.identity.access import case_resource, holder_of, require_case, rights_in
from chassis.identity.auth import Actor
from chassis.identity.policies import Principal
from chassis.problems import Conflict, PreconditionFailed
from contracts.disclosure import TRANSFER, categories_of, fields_hash
from contracts.protection import is_of_country, protection
from services.consent.domain.authorisation import Decision, decide
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.request import Request
from services.consent.domain.states import State
from services.consent.domain.terms import (
    Assent,
    Capacity,
    LegalBasis,
    Recipient,
    Terms,
    WithdrawalMethod,
)
from services.consent.store import grounds, records
from services.consent.use_cases import DisclosureNotAllowed, PreparedConsent, answered, asked

REQUEST, APPROVE, REVIEW = "protection.request", "protection.approve", "protection.review"


class HerNoStands(Conflict):
    code, title = "her-no-stands", "The last that she said was no"


class SheHasAnswered(Conflict):
    code, title = "she-has-answered", "She was asked and has answered since this was asked for"


class AlreadyRequested(Conflict):
    code, title = "already-requested", "A protection with this recipient waits for approval, or is in force"


class NotUpheld(Conflict):
    code, title = "not-upheld", "A third person has not upheld a protection with this recipient"


def least(recipient: str, cell: str, law: str, now: datetime) -> Terms:
    """The least terms: nobody chooses the fields or the time; nothing was explained to her and she said nothing. Its verbs
    set the time.
    """
    return Terms(
        purposes=tuple(sorted(protection().purposes)),
        recipients=(Recipient(recipient, cell),),
        categories=categories_of(protection().fields),
        back_categories=(),
        notice_version=None,
        language=None,
        risks_explained=False,
        method=None,
        capacity=Capacity.SELF,
        assent=Assent.NOT_ASKED,
        interpreted=False,
        interpreter_undertaking=False,
        withdrawal_method=WithdrawalMethod.TELL_ANY_WORKER,
        legal_basis=LegalBasis.IMMEDIATE_PROTECTION,
        valid_until=now,
        law=law,
    )


async def request(tx: Transaction, actor: Actor, case_id: UUID, prepared: PreparedConsent) -> ConsentRecord:
    """A new record that permits nothing yet, beside which any later word of hers counts. Raises HerNoStands while the
    last one was no, AlreadyRequested and NotUpheld; DisclosureNotAllowed where nothing would go, so that nobody waits for it.
    """
    await require_case(tx, actor, REQUEST, case_id)
    await _check(tx, actor, case_id, prepared.terms)
    await records.hold_answers(tx, case_id)
    if await records.said_no(tx, case_id):
        raise HerNoStands
    for recipient in prepared.terms.recipients:
        for barring in await records.barring(tx, case_id, recipient.organisation):
            raise NotUpheld if barring.terms.upheld is False else AlreadyRequested
    record = asked(case_id, prepared)
    with answered():
        act = Act(actor.subject, actor.organisation, await tx.clock())
        facts = record.request_protection(act, await _approvers(tx, actor, case_id, actor.subject))
    _going(await would_go(tx, actor.cell, record, act.at))
    await records.save(tx, record, facts)
    return record


async def approve(
    tx: Transaction, actor: Actor, consent_id: UUID, expected: int, shown: str | None
) -> ConsentRecord:
    """Approve, by a second person who has seen what would be disclosed, and to whom: `shown` is the hash of these fields.
    Raises SheHasAnswered, DisclosureNotAllowed where nothing would go, and PreconditionFailed where something else would.
    """
    case_id = await records.case_for(tx, actor, APPROVE, consent_id)
    await records.hold_answers(tx, case_id)
    held = await records.hold(tx, consent_id, expected=expected)
    asked_by = await records.first_by(tx, consent_id)
    decision = await would_go(tx, actor.cell, held.record, held.now)
    with answered():
        act = Act(actor.subject, actor.organisation, held.now)
        facts = held.record.approve(act, asked_by, decision.computed.sent)
    if await records.spoke_since(tx, held.record):
        raise SheHasAnswered
    if fields_hash(_going(decision)) != shown:
        raise PreconditionFailed
    await records.save(tx, held.record, facts)
    return held.record


def _going(decision: Decision) -> Sequence[str]:
    if decision.computed.refusal is not None:
        raise DisclosureNotAllowed(decision.computed.refusal)
    return decision.computed.sent


async def would_go(tx: Transaction, cell: str, record: ConsentRecord, now: datetime) -> Decision:
    """The fields that go under this protection, computed as at the transfer; of one that waits for approval, as if it
    were in force for as long as it could be.
    """
    if record.unapproved:
        until = record.terms.valid_until + protection().valid_for
        record = replace(record, state=State.PROTECTED, terms=replace(record.terms, valid_until=until))
    (recipient,) = record.terms.recipients
    request = Request(
        referral_id=UUID(int=0),  # there is no transfer yet
        case_id=record.case_id,
        purpose=record.terms.purposes[0],
        sender="",
        recipient=recipient.organisation,
        recipient_cell=recipient.country,
        recipient_role="",
        service="",
        urgency="",
        fields=tuple(sorted(protection().fields)),
        kind=TRANSFER,
    )
    ground = await grounds.ground(tx, cell, now, recipients=[recipient.organisation])
    return decide([record], ground, request, now)


async def may_approve(tx: Transaction, actor: Actor, record: ConsentRecord) -> list[str]:
    """The members of staff whom the policies let approve it now, for whoever asks; nobody where nothing waits for approval."""
    if not record.unapproved:
        return []
    return await _approvers(tx, actor, record.case_id, await records.first_by(tx, record.id))


async def _approvers(tx: Transaction, actor: Actor, case_id: UUID, asked_by: str | None) -> list[str]:
    case = await case_resource(tx, case_id)
    if case is None:
        return []
    staff = [
        Principal(worker, case.organisation, actor.cell, roles, actor.purpose)
        for worker, roles in await members(tx, case.organisation)
        if worker != asked_by
    ]
    return [one.subject for one in staff if actor.policies.permits(one, APPROVE, case)]


async def decline(tx: Transaction, actor: Actor, prepared: PreparedConsent) -> ConsentRecord:
    """Decline, by whoever could approve, or by whoever asked. No version is asked for: nothing is disclosed by it."""
    action = await right_to_look(tx, actor, prepared.consent_id)
    held = await records.get(tx, actor, action, prepared.consent_id)
    with answered():
        act = Act(actor.subject, actor.organisation, held.now)
        facts = held.record.decline(prepared.sealed, act, await records.first_by(tx, prepared.consent_id))
    await records.save(tx, held.record, facts)
    return held.record


async def right_to_look(tx: Transaction, actor: Actor, consent_id: UUID) -> str:
    """The right by which this actor sees a protection and its reasons: once it was in force, the reviewer's; whoever asked
    for it or approved it keeps the right by which they did; before, the one of whoever may approve it.
    """
    found = await records.find(tx, consent_id)
    if found is None:
        return APPROVE
    if found.protected_once and (await rights_in(tx, actor, found.case_id))(REVIEW):
        return REVIEW
    if actor.subject == await records.first_by(tx, consent_id):
        return REQUEST
    return REVIEW if found.protected_once and actor.subject != found.terms.approved_by else APPROVE


async def _check(tx: Transaction, actor: Actor, case_id: UUID, terms: Terms) -> None:
    """Check that the recipient is an organisation of this country whose role protects, under a law of this country.
    Raises Invalid.
    """
    if terms.law is not None and not is_of_country(terms.law, actor.cell):
        raise refused("law", "not a law of this country", "other-country")
    for recipient in terms.recipients:
        listed = await require_organisation(
            tx, recipient.organisation, "recipient", cell=actor.cell, receives=True
        )
        if recipient.organisation in {actor.organisation, await holder_of(tx, case_id)}:
            raise refused("recipient", "the sender already has her", "sender")
        if listed.role not in protection().roles:
            raise refused("recipient", "its role gives no immediate protection", "protection_role")


async def review(
    tx: Transaction, actor: Actor, prepared: PreparedConsent, expected: int | None, *, upheld: bool
) -> ConsentRecord:
    """Review, by a third person, also after she was handed over. Not upheld, every disclosure under it is recalled."""
    held = await records.get(tx, actor, REVIEW, prepared.consent_id, expected=expected)
    asked_by = await records.first_by(tx, prepared.consent_id)
    with answered():
        act = Act(actor.subject, actor.organisation, held.now)
        facts = held.record.review(prepared.sealed, act, asked_by, upheld=upheld)
    await records.save(tx, held.record, facts)
    return held.record


async def alarm_unreviewed(tx: Transaction, consent_id: UUID, organisation: str) -> None:
    """The time for the third person's review is over."""
    held = await records.hold(tx, consent_id)
    await records.save(tx, held.record, held.record.unreviewed(organisation))
