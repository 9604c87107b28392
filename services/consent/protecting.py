"""Immediate protection of a person who cannot be asked: recorded by one worker, looked at by a second, ended by her
own word.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import refused, require_organisation
from chassis.identity.access import holder_of, require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict
from contracts.disclosure import categories_of
from contracts.protection import is_of_country, protection
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.terms import (
    Assent,
    Capacity,
    LegalBasis,
    Recipient,
    Terms,
    WithdrawalMethod,
)
from services.consent.store import records
from services.consent.use_cases import PreparedConsent, answered, asked

RECORD, REVIEW = "protection.record", "protection.review"


class HerNoStands(Conflict):
    code, title = "her-no-stands", "The last that she said was no"


def least(recipient: str, cell: str, law: str, now: datetime) -> Terms:
    """The least terms: nobody chooses the fields or the time; nothing was explained to her and she said nothing."""
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
        valid_until=now + protection().valid_for,
        law=law,
    )


async def protect(tx: Transaction, actor: Actor, case_id: UUID, prepared: PreparedConsent) -> ConsentRecord:
    """A new record, beside which any later word of hers counts. Raises HerNoStands while the last one was no."""
    await require_case(tx, actor, RECORD, case_id)
    await _check(tx, actor, case_id, prepared.terms)
    await records.hold_answers(tx, case_id)
    if await records.said_no(tx, case_id):
        raise HerNoStands
    now = await tx.clock()
    terms = replace(prepared.terms, valid_until=now + protection().valid_for)
    record = asked(case_id, replace(prepared, terms=terms))
    with answered():
        facts = record.protect(Act(actor.subject, actor.organisation, now))
    await records.save(tx, record, facts)
    return record


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
    """Review, by a second person, also after she was handed over. Not upheld, every disclosure under it is recalled."""
    held = await records.get(tx, actor, REVIEW, prepared.consent_id, expected=expected)
    recorded_by = await records.first_by(tx, prepared.consent_id)
    with answered():
        act = Act(actor.subject, actor.organisation, held.now)
        facts = held.record.review(prepared.sealed, act, recorded_by, upheld=upheld)
    await records.save(tx, held.record, facts)
    return held.record


async def alarm_unreviewed(tx: Transaction, consent_id: UUID, organisation: str) -> None:
    """The time for the second person's review is over."""
    held = await records.hold(tx, consent_id)
    await records.save(tx, held.record, held.record.unreviewed(organisation))
