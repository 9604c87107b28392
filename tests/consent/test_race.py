"""A seal token racing a withdrawal, judged on the ledger: every token is older than the end, and every one is recalled."""

import asyncio
import random

import pytest

from tests.consent.conftest import Consent
from tests.consent.making import agreed

ROUNDS = 40
AT_ONCE = 10
MOST = 4
"""So many times the rounds at most, where a busy machine lets one side win nearly always."""


async def one(service: Consent, verb: str) -> tuple[int, int]:
    """Give, authorise, then ask for tokens and end the consent at once; answers how many tokens were given and refused."""
    consent = await service.another_case()
    consent_id = await consent.give()
    disclosure_id = await consent.send()

    async def token() -> int:
        await asyncio.sleep(random.uniform(0, 0.03))
        return (await consent.token(disclosure_id)).status_code

    async def end() -> None:
        await asyncio.sleep(random.uniform(0, 0.03))
        headers = consent.worker if verb == "withdraw" else consent.supervisor
        answered = await consent.client.post(f"/v1/consents/{consent_id}/{verb}", headers=headers)
        assert answered.status_code == 202  # there is no exchange that could confirm

    *asked, _ = await asyncio.gather(token(), token(), end())
    assert (await consent.token(disclosure_id)).status_code == 409
    await judge(consent, disclosure_id, asked.count(200))
    return asked.count(200), asked.count(409)


async def judge(consent: Consent, disclosure_id, given: int) -> None:
    """The ledger alone is asked, and the revision that ended the consent."""
    rows = await consent.rows(
        "select step, at, pos from consent.ledger where disclosure_id = :id order by pos", id=disclosure_id
    )
    steps = [row.step for row in rows]
    assert steps == ["authorised", *["token"] * given, "recalled"]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    (ended,) = await consent.rows(
        "select cast(r.body ->> 'at' as timestamptz) as at from consent.revisions r"
        " join consent.disclosures d using (consent_id) where d.id = :id and r.body ->> 'state' <> 'given'",
        id=disclosure_id,
    )
    assert all(row.at < ended.at for row in rows if row.step == "token")


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "rounds"), [("withdraw", ROUNDS), ("revoke", 20)])
async def test_no_token_is_given_after_the_end_and_every_token_before_it_is_recalled(consent, verb, rounds):
    outcomes: list[tuple[int, int]] = []
    given = refused = 0
    while len(outcomes) < rounds or (min(given, refused) <= rounds // 10 and len(outcomes) < MOST * rounds):
        outcomes += await asyncio.gather(*(one(consent, verb) for _ in range(AT_ONCE)))
        given, refused = (sum(column) for column in zip(*outcomes, strict=True))
    assert given + refused == 2 * len(outcomes)
    assert min(given, refused) > rounds // 10, "the race was never a race"
    ended = "consent.withdrawn.v1" if verb == "withdraw" else "consent.revoked.v1"
    assert len(await consent.said(ended)) == len(outcomes)
    assert len(await consent.said("disclosure.recalled.v1")) == len(outcomes)


async def test_a_referral_sent_beside_a_withdrawal_is_refused_or_recalled(consent):
    for _ in range(20):
        case = await consent.another_case()
        consent_id = await case.give()
        disclosure_id, answered = await asyncio.gather(case.send(), case.withdraw(consent_id))
        assert answered.status_code in {200, 202}
        assert await case.steps(disclosure_id) in (["refused"], ["authorised", "recalled"])


async def test_of_two_renewals_over_one_version_one_is_refused(consent):
    consent_id = await consent.give()
    path, headers = f"/v1/consents/{consent_id}/renew", {**consent.worker, "If-Match": '"1"'}
    answers = await asyncio.gather(
        *(consent.client.post(path, json=agreed(), headers=headers) for _ in range(5))
    )
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412, 412]
    view = await consent.client.get(f"/v1/consents/{consent_id}", headers=consent.worker)
    assert (view.json()["revision"], view.json()["intact"]) == (2, True)
