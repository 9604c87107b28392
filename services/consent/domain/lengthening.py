"""A longer consent, or a longer agreement, lets a helper read on: before a promised time runs out, a disclosure with
a longer one follows.
"""

from datetime import datetime, timedelta

from services.consent.domain.authorisation import Ground
from services.consent.domain.coverage import REPLACED, again
from services.consent.domain.disclosure import ON_ITS_WAY, Disclosure, Stage
from services.consent.domain.facts import Fact, LengthenDue
from services.consent.domain.record import ConsentRecord

LEAD = timedelta(days=1)
"""The time between a follow-up and the end that it replaces: a border that is cut for a night lies in between."""


def lengthen(record: ConsentRecord, ground: Ground, now: datetime) -> list[Fact]:
    """A disclosure that ends within a day although she agreed to longer is followed by a longer one; for the others a
    look is due.

    Not for a referral that has ended: the time that the agreement leaves after it is no matter of her consent's time.
    """
    said: list[Fact] = []
    later: list[datetime] = []
    for disclosure in [d for d in record.disclosures if _could_last_longer(d, record, now)]:
        until = disclosure.authorised_by.valid_until
        if until - LEAD > now:
            later.append(until - LEAD)
            continue
        following, facts = again(disclosure, [record], ground, now)
        if following is not None and following.authorised_by.valid_until > until:
            said += [*disclosure.recall(REPLACED, now), *facts]
            record.disclosures.append(following)
    return [*said, LengthenDue(record.id, min(later))] if later else said


def _could_last_longer(disclosure: Disclosure, record: ConsentRecord, now: datetime) -> bool:
    runs = disclosure.stage in ON_ITS_WAY | {Stage.DELIVERED} and disclosure.ended is None
    return runs and now < disclosure.authorised_by.valid_until < record.terms.valid_until
