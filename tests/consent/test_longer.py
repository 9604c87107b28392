"""A longer consent lets whoever helps her read on, as long as the agreement lets them, and not a day after their referral."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.consent.domain.case import CaseConsents
from services.consent.domain.lengthening import LEAD, lengthen
from services.consent.domain.states import State
from tests.consent.making import (
    ACT,
    FIELDS,
    NOW,
    agreement,
    agreement_changed,
    ground,
    record,
    request,
    terms,
)
from tests.consent.test_handlers import delivered
from tests.consent.test_less import ended, following, recalls


def soon(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def promised(consent) -> list[datetime]:
    return [datetime.fromisoformat(e["valid_until"]) for e in await consent.said("disclosure.authorised.v1")]


async def test_who_reads_under_a_consent_that_was_renewed_for_longer_reads_on(consent):
    """Nothing happens at the renewal; a day before the old time is over what lasts longer follows."""
    consent_id = await consent.give(valid_until=soon(0.5))
    disclosure_id = await consent.send()
    await consent.harness.deliver(delivered(consent, disclosure_id))
    later = soon(200)
    await consent.renew(consent_id, valid_until=later)
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    assert (await promised(consent))[1] == datetime.fromisoformat(later)
    entries = (
        await consent.client.get(f"/v1/cases/{consent.case_id}/ledger", headers=consent.worker)
    ).json()["items"]
    expires = {e["disclosure_id"]: e["expires"] for e in entries if e["step"] == "authorised"}
    assert datetime.fromisoformat(expires[str(following(disclosure_id))]) == datetime.fromisoformat(later)
    assert {e["expires"] for e in entries if e["step"] != "authorised"} == {None}


async def test_it_is_looked_at_a_day_before_it_ends_and_not_before(consent):
    first = datetime.now(UTC) + timedelta(days=90)
    consent_id = await consent.give(valid_until=first.isoformat())
    disclosure_id = await consent.send()
    await consent.harness.deliver(delivered(consent, disclosure_id))
    await consent.renew(consent_id, valid_until=soon(200))
    assert await recalls(consent) == {}
    (row,) = await consent.rows("select due_at from chassis.work where kind = 'lengthen'")
    assert row.due_at == first - LEAD
    await consent.harness.work(hasten=True)
    assert await recalls(consent) == {}
    assert len(await consent.rows("select due_at from chassis.work where kind = 'lengthen'")) == 1


async def test_a_referral_that_has_ended_is_read_no_longer_than_the_agreement_leaves(consent):
    await consent.harness.deliver(agreement_changed(2, retention_days=30))
    consent_id = await consent.give(valid_until=soon(0.5))
    referral_id = uuid4()
    disclosure_id = await consent.send(referral_id=referral_id)
    await consent.harness.deliver(delivered(consent, disclosure_id))
    await consent.harness.deliver(ended(consent, referral_id, "completed"))
    await consent.renew(consent_id, valid_until=soon(200))
    assert await recalls(consent) == {}


@pytest.mark.parametrize(("days", "follows"), [(0.5, True), (-1, False)])
def test_nothing_follows_where_the_agreement_ends_as_soon(days, follows):
    ends = NOW + timedelta(days=0.4 + max(days, 0))
    made = record(State.GIVEN, valid_until=NOW + timedelta(days=0.4))
    case = CaseConsents(made.case_id, ground(agreement(valid_until=ends)), records={made.id: made})
    case.ask(uuid4(), request(made.case_id, fields=FIELDS), NOW)
    made.renew(terms(), {}, ACT)
    said = lengthen(made, case.ground, NOW)
    assert bool(said) is follows
    assert [d.authorised_by.valid_until for d in made.disclosures][1:] == ([ends] if follows else [])
