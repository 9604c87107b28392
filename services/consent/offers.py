"""The moves that the reader of a consent record, a protection, a grant or a case's list of consents may make now."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import find_person, rights_in
from chassis.identity.auth import Actor
from chassis.identity.closed import is_closed
from chassis.identity.linked import has_linked_case
from chassis.problems import LinkedCaseOpen, Unavailable
from chassis.service import Service
from chassis.web.moves import MoveView, Offer
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.states import State
from services.consent.domain.terms import check_speaker
from services.consent.hand_overs import HAND_OVER
from services.consent.protecting import APPROVE, REQUEST, REVIEW, would_go
from services.consent.queries import GrantedView
from services.consent.store import records


async def of_record(tx: Transaction, actor: Actor, service: Service, consent_id: UUID) -> list[MoveView]:
    """The moves of a record. She may take back all or a part again and again: that is no error, and so it is never
    left out.
    """
    record = await records.record_of(tx, consent_id)
    act = await _act(tx, actor)
    first_by = await records.first_by(tx, consent_id)
    offers = [
        Offer("renew_consent", "consent.record", record.renewable),
        Offer("confirm_guardian", "consent.confirm", await _confirmable(tx, record, act)),
        Offer("withdraw_consent", "consent.withdraw", record.lets(lambda r: r.withdraw(act))),
        Offer("withdraw_part", "consent.withdraw"),
        Offer("revoke_consent", "consent.revoke", record.lets(lambda r: r.revoke(act))),
        Offer("approve_protection", APPROVE, await _approvable(tx, actor, record, act, first_by)),
        Offer(
            "decline_protection",
            REQUEST if actor.subject == first_by else APPROVE,
            record.lets(lambda r: r.decline({}, act, first_by)),
        ),
        Offer(
            "review_protection",
            REVIEW,
            record.lets(lambda r: r.review({}, act, first_by, upheld=True)),
        ),
    ]
    permitted = await rights_in(tx, actor, record.case_id)
    return service.commands.open(offers, permitted, consent_id=consent_id)


async def of_case(tx: Transaction, actor: Actor, service: Service, case_id: UUID) -> list[MoveView]:
    """The records that may be made in this case. Her no is always taken; a yes depends on her age."""
    child = await _child(tx, case_id)
    protects = await find_person(tx, case_id) is not None and not await records.said_no(tx, case_id)
    offers = [
        Offer("record_consent", "consent.record"),
        Offer("preview_hand_over", HAND_OVER, child is not None),
        Offer(
            "hand_over_case",
            HAND_OVER,
            await _handed_over(tx, case_id, child),
            [LinkedCaseOpen.code] if await has_linked_case(tx, case_id) else (),
        ),
        Offer("request_protection", REQUEST, protects),
    ]
    return service.commands.open(offers, await rights_in(tx, actor, case_id), case_id=case_id)


async def _approvable(
    tx: Transaction, actor: Actor, record: ConsentRecord, act: Act, asked_by: str | None
) -> bool:
    passes = record.lets(lambda found: found.approve(act, asked_by, ()))
    if not passes or await records.spoke_since(tx, record):
        return False
    return bool((await would_go(tx, actor.cell, record, act.at)).computed.sent)


async def _child(tx: Transaction, case_id: UUID) -> bool | None:
    """True where she counts as a child; None where that has not arrived."""
    try:
        return await records.counts_as_child(tx, case_id)
    except Unavailable:
        return None


async def _handed_over(tx: Transaction, case_id: UUID, child: bool | None) -> bool:
    """True where her answer, with the transfer, would be taken now."""
    if child is None or await is_closed(tx, case_id):
        return False
    return not child or await _permits(tx, case_id)


async def _permits(tx: Transaction, case_id: UUID) -> bool:
    """A child's answer awaits a second person, so she is handed over at once only under what stands already."""
    now = await tx.clock()
    return any(record.permits(now) for record in await records.records_of(tx, case_id))


async def _confirmable(tx: Transaction, record: ConsentRecord, act: Act) -> bool:
    """True where this person, who had no hand in the record, may confirm it: while the one who spoke is the one who
    must be asked.
    """
    if record.state is not State.REQUESTED:
        return False
    child = await _child(tx, record.case_id)
    if child is None:
        return False
    recorded_by = await records.recorded_by(tx, record)

    def confirm(found: ConsentRecord) -> None:
        check_speaker(found.terms, child=child)
        found.confirm(act, recorded_by)

    return record.lets(confirm)


async def of_grants(
    tx: Transaction, actor: Actor, service: Service, case_id: UUID, grants: Sequence[GrantedView]
) -> None:
    """The moves of grants, offered where her consent is in this cell: one from abroad is withdrawn there."""
    act, permitted = await _act(tx, actor), await rights_in(tx, actor, case_id)
    granting = await records.records_granting(tx, [grant.disclosure_id for grant in grants])
    for grant in grants:
        record = granting.get(grant.disclosure_id)
        passes = record is not None and record.lets(lambda r: r.withdraw(act))
        offer = Offer("withdraw_grant", "consent.withdraw", passes)
        grant.moves = service.commands.open([offer], permitted, disclosure_id=grant.disclosure_id)


async def _act(tx: Transaction, actor: Actor) -> Act:
    return Act(actor.subject, actor.organisation, await tx.clock())
