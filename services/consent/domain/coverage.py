"""Whether what was disclosed is still covered, and what becomes of it where it is covered in part or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from contracts.disclosure import categories_of
from services.consent.domain.authorisation import Ground, decide
from services.consent.domain.disclosure import OPEN, Authority, Disclosure, Request
from services.consent.domain.facts import Fact
from services.consent.domain.record import ConsentRecord
from services.consent.domain.terms import Terms

NARROWED, REPLACED = "narrowed", "replaced"


def covers(terms: Terms, request: Request, authority: Authority) -> bool:
    """All of it, as long as it was promised, and no more to be told back than she now agrees to."""
    return (
        terms.names(request.recipient)
        and request.purpose in terms.purposes
        and set(categories_of(authority.fields)) <= set(terms.categories)
        and set(authority.back_categories) <= set(terms.back_categories)
        and authority.valid_until <= terms.valid_until
    )


def reconsider(record: ConsentRecord, ground: Ground, now: datetime) -> list[Fact]:
    """After her terms changed: whatever they no longer cover whole is recalled, and what is left of it authorised anew."""
    said: list[Fact] = []
    for disclosure in [d for d in record.disclosures if d.stage in OPEN]:
        if covers(record.terms, disclosure.request, disclosure.authorised_by):
            continue
        following, facts = again(disclosure, [record], ground, now)
        said += disclosure.recall(NARROWED if following is None else REPLACED, now)
        if following is not None:
            record.disclosures.append(following)
            said += facts
    return said


def again(
    before: Disclosure, records: Sequence[ConsentRecord], ground: Ground, now: datetime
) -> tuple[Disclosure | None, list[Fact]]:
    """The disclosure that follows this one under what she agrees to today, and never with a field that this one had not."""
    authority = before.authorised_by
    decision = decide(records, ground, replace(before.request, fields=authority.fields), now)
    if decision.computed.refusal is not None:
        return None, []
    following = Disclosure(uuid5(before.id, "following"), decision.request)
    return following, following.authorise(decision.authority())
