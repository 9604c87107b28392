"""The rule whether a disclosure is still covered, and the way on where it is covered in part or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from contracts.disclosure import categories_of
from services.consent.domain.authorisation import Ground, decide
from services.consent.domain.disclosure import ON_ITS_WAY, OPEN, Disclosure, Stage
from services.consent.domain.facts import Fact
from services.consent.domain.record import ConsentRecord
from services.consent.domain.request import Authority, Request
from services.consent.domain.states import State

NARROWED, REPLACED, NOT_AGREED = "narrowed", "replaced", "not_in_agreement"


def covers(record: ConsentRecord, request: Request, authority: Authority) -> bool:
    """True where her terms cover all fields of the disclosure, as long as promised, and allow all that may be told back.

    While she is asked again, or a guardian is to be confirmed, the time is nobody's answer: what recipients have ends with it, and
    not before.
    """
    terms, asked = record.terms, record.state is State.REQUESTED
    return (
        terms.names(request.recipient)
        and request.purpose in terms.purposes
        and set(categories_of(authority.fields)) <= set(terms.categories)
        and set(authority.back_categories) <= set(terms.back_categories)
        and (asked or authority.valid_until <= terms.valid_until)
    )


def agreed(disclosure: Disclosure, ground: Ground, now: datetime) -> bool:
    """True where the agreement as it stands allows all of the disclosure, as long as promised.

    A disclosure that has not arrived must name that very version: the border lets no other through, at neither end.
    """
    request, authority = disclosure.request, disclosure.authorised_by
    agreement = ground.agreement(authority.agreement_id)
    if agreement is None:
        return False
    named = (authority.agreement_version, authority.agreement_sha256) == (agreement.version, agreement.sha256)
    return (
        agreement.joins(ground.cell, request.recipient_cell)
        and now < agreement.valid_until
        and request.purpose in agreement.purposes
        and set(authority.fields) <= set(agreement.fields)
        and authority.valid_until <= agreement.valid_until
        and (named or disclosure.stage not in ON_ITS_WAY)
    )


def reconsider(record: ConsentRecord, ground: Ground, now: datetime) -> list[Fact]:
    """After her terms or the agreement changed: a disclosure that is no longer covered whole is recalled, and its
    covered rest authorised anew.
    """
    said: list[Fact] = []
    for disclosure in [d for d in record.disclosures if d.stage in OPEN]:
        by_her = covers(record, disclosure.request, disclosure.authorised_by)
        if by_her and agreed(disclosure, ground, now):
            said += disclosure.read_on(ground.retention(disclosure.authorised_by.agreement_id), now)
            continue
        following, facts = again(disclosure, [record], ground, now)
        ended_by = NOT_AGREED if by_her else NARROWED
        said += disclosure.recall(ended_by if following is None else REPLACED, now)
        if following is not None:
            record.disclosures.append(following)
            said += facts
    return said


def again(
    before: Disclosure, records: Sequence[ConsentRecord], ground: Ground, now: datetime
) -> tuple[Disclosure | None, list[Fact]]:
    """The disclosure that follows this one under her consent of today, and never with a field that this one had not.

    One that did not arrive has no follower: its referral has failed.
    """
    if before.stage is Stage.UNDELIVERED:
        return None, []
    authority = before.authorised_by
    decision = decide(records, ground, replace(before.request, fields=authority.fields), now)
    if decision.computed.refusal is not None:
        return None, []
    following = Disclosure(uuid5(before.id, "following"), decision.request, ended=before.ended)
    return following, following.authorise(decision.authority())
