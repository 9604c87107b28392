"""A narrower version of an agreement, or its end, takes back what it no longer allows, also what was disclosed before it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.disclosure import fields_hash
from services.consent import agreements
from services.consent.domain.case import CaseConsents
from services.consent.domain.coverage import agreed
from services.consent.domain.disclosure import OPEN, Stage
from services.consent.domain.facts import LengthenDue
from services.consent.domain.states import State
from tests.consent.making import (
    FIELDS,
    GUARDED,
    NOW,
    PURPOSE,
    age_known,
    agreement,
    agreement_changed,
    ground,
    record,
    request,
)
from tests.consent.test_child import confirm
from tests.consent.test_handlers import delivered
from tests.consent.test_less import ended, fields_of, following, recalls

LESS = ("cor_FullName", "cor_Needs")
NARROWER = {
    "purpose": {"purposes": ("medical-care",)},
    "every field": {"fields": ("vic_TypeOfExploitation",)},
    "suspended": {"purposes": (), "fields": ()},
    "ended": {"valid_until": datetime(2026, 1, 1, tzinfo=UTC)},
    "other cells": {"cells": ("TH", "LA")},
}


async def arrives(consent, version: int = 2, **changes) -> None:
    await consent.harness.deliver(agreement_changed(version, **changes))
    await consent.harness.work()


async def read_abroad(consent) -> UUID:
    await consent.give()
    disclosure_id = await consent.send()
    await consent.harness.deliver(delivered(consent, disclosure_id))
    return disclosure_id


@pytest.mark.parametrize("what", NARROWER)
async def test_what_the_agreement_no_longer_allows_is_read_abroad_no_longer(consent, what):
    disclosure_id = await read_abroad(consent)
    await arrives(consent, **NARROWER[what])
    assert await recalls(consent) == {str(disclosure_id): "not_in_agreement"}
    assert await consent.steps(disclosure_id) == ["authorised", "delivered", "recalled"]
    (entry,) = await consent.rows("select code from consent.ledger where step = 'recalled'")
    assert entry.code == "not_in_agreement"


async def test_what_a_narrower_agreement_still_allows_is_disclosed_anew_under_it(consent):
    disclosure_id = await read_abroad(consent)
    await arrives(consent, fields=LESS)
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    assert (await fields_of(consent))[1:] == [(str(following(disclosure_id)), list(LESS))]
    assert (await consent.said("disclosure.authorised.v1"))[1]["agreement_version"] == 2
    token = await consent.token(following(disclosure_id), fields_hash=fields_hash(LESS))
    assert token.status_code == 200


async def test_a_shorter_agreement_shortens_what_was_promised(consent):
    disclosure_id = await read_abroad(consent)
    sooner = datetime.now(UTC) + timedelta(days=7)
    await arrives(consent, valid_until=sooner)
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    promised = [e["valid_until"] for e in await consent.said("disclosure.authorised.v1")]
    assert datetime.fromisoformat(promised[1]) == sooner


async def test_a_wider_agreement_leaves_what_has_arrived_and_carries_what_waits(consent):
    """What waits names the version before, which the border lets through no more: it would be lost."""
    arrived = await read_abroad(consent)
    waits = await consent.send()
    await arrives(consent, fields=(*FIELDS, "cor_Health"))
    assert await recalls(consent) == {str(waits): "replaced"}
    assert (await consent.token(following(waits))).status_code == 200
    assert await consent.steps(arrived) == ["authorised", "delivered"]


async def test_a_version_is_looked_at_when_it_begins_a_minute_later_and_when_it_ends(consent):
    disclosure_id = await read_abroad(consent)
    begins, ends = datetime.now(UTC) + timedelta(days=3), datetime.now(UTC) + timedelta(days=9)
    await arrives(consent, fields=LESS, valid_from=begins, valid_until=ends)
    assert await recalls(consent) == {}
    assert await consent.steps(disclosure_id) == ["authorised", "delivered"]
    statement = "select due_at from chassis.work where kind = 'look' and key like 'th-kh-2026.2.%' order by 1"
    due = [row.due_at for row in await consent.rows(statement)]
    assert due == [begins, begins + timedelta(minutes=1), ends]


async def test_many_cases_are_taken_back_in_batches_and_a_second_look_takes_nothing_more(
    consent, monkeypatch, caplog
):
    monkeypatch.setattr(agreements, "BATCH", 2)
    await consent.harness.work()  # the version that all begin with
    taken = set()
    for _ in range(5):
        case = await consent.another_case()
        taken.add(str(await read_abroad(case)))
    with caplog.at_level(logging.INFO, "services.consent.agreements"):
        await arrives(consent, **NARROWER["purpose"])
        for _ in range(3):
            await consent.harness.work()
    assert set(await recalls(consent)) == taken
    assert [record.getMessage() for record in caplog.records if "version 2" in record.getMessage()] == [
        f"agreement th-kh-2026 version 2: {n} cases looked at, {n} disclosures taken back, 0 of them disclosed anew"
        for n in (2, 4, 5)
    ]
    for _ in range(2):
        await consent.harness.work(hasten=True)
    assert len(await consent.said("disclosure.recalled.v1")) == 5


async def test_a_shorter_time_after_a_referral_counts_for_one_that_has_ended_already(consent):
    await arrives(consent, 2, retention_days=30)
    await consent.give()
    referral_id = uuid4()
    disclosure_id = await consent.send(referral_id=referral_id)
    await consent.harness.deliver(delivered(consent, disclosure_id))
    await consent.harness.deliver(ended(consent, referral_id, "completed"))
    await arrives(consent, 3, retention_days=7)
    (row,) = await consent.rows("select min(due_at) - now() as left from chassis.work where kind = 'end'")
    assert timedelta(days=6) < row.left <= timedelta(days=7)
    assert await recalls(consent) == {}
    await arrives(consent, 4, retention_days=0)
    assert await recalls(consent) == {str(disclosure_id): "completed"}


async def of_age(consent, **given) -> UUID:
    """A child whose guardian agreed has come of age; what was disclosed is read abroad."""
    await consent.harness.deliver(age_known(consent.case_id, "child"))
    consent_id = await consent.give(**GUARDED, **given)
    await confirm(consent, consent_id)
    disclosure_id = await consent.send()
    await consent.harness.deliver(delivered(consent, disclosure_id))
    await consent.harness.deliver(age_known(consent.case_id, "adult", "birth_date"))
    return disclosure_id


async def test_while_she_is_asked_at_eighteen_an_agreement_that_changes_takes_no_help_away(consent):
    """Recipients keep what they have for thirty days: the time that is left is no part that anybody took back."""
    disclosure_id = await of_age(consent)
    await arrives(consent, fields=(*FIELDS, "cor_Health"))
    assert await recalls(consent) == {}
    assert await consent.steps(disclosure_id) == ["authorised", "delivered"]


async def test_while_she_is_asked_at_eighteen_what_the_agreement_no_longer_allows_is_taken_back_as_ever(
    consent,
):
    disclosure_id = await of_age(consent)
    await arrives(consent, fields=LESS)
    assert await recalls(consent) == {str(disclosure_id): "not_in_agreement"}


async def test_while_she_is_asked_at_eighteen_a_part_that_she_takes_back_is_taken_back_and_nothing_else(
    consent,
):
    disclosure_id = await of_age(consent, categories=["identity", "contact", "needs", "family"])
    (row,) = await consent.rows("select id from consent.records")
    path = f"/v1/consents/{row.id}/withdraw-part"
    for category, recalled in (("family", {}), ("needs", {str(disclosure_id): "narrowed"})):
        taken = await consent.client.post(path, json={"categories": [category]}, headers=consent.worker)
        assert taken.is_success, taken.text
        assert await recalls(consent) == recalled


_TERMS = {
    "purposes": st.sampled_from([(PURPOSE,), (PURPOSE, "medical-care"), ("medical-care",), ()]),
    "fields": st.lists(st.sampled_from(FIELDS), unique=True).map(lambda names: tuple(sorted(names))),
    "valid_until": st.sampled_from([NOW, NOW + timedelta(days=7), NOW + timedelta(days=365)]),
}


@given(st.fixed_dictionaries(_TERMS), st.sampled_from(sorted(OPEN)))
def test_at_rest_everything_open_is_what_the_agreement_of_today_allows_and_no_more_than_before(after, stage):
    made = record(State.GIVEN)
    case = CaseConsents(made.case_id, ground(), records={made.id: made})
    case.ask(uuid4(), request(made.case_id), NOW)
    (before,) = made.disclosures
    before.stage = stage
    case.ground = replace(case.ground, agreements=[agreement(version=2, sha256="b" * 64, **after)])
    case.agreement_changed(NOW)
    standing = [d for d in case.disclosures.values() if d.stage in OPEN]
    for one in standing:
        assert agreed(one, case.ground, NOW)
        assert set(one.authorised_by.fields) <= set(before.authorised_by.fields)
    allowed = PURPOSE in after["purposes"] and after["valid_until"] > NOW
    still = set(before.authorised_by.fields) & set(after["fields"]) if allowed else set()
    if stage is Stage.UNDELIVERED:
        assert standing in ([], [before])  # its referral has failed: nothing is sent for it any more
    else:
        assert set().union(*(one.authorised_by.fields for one in standing)) == still
    again = case.agreement_changed(NOW)
    assert [
        fact for fact in again if not isinstance(fact, LengthenDue)
    ] == []  # a row that is due is due once
