"""A child does not consent alone, a guardian does not without a second person, and at eighteen she is asked herself."""

from uuid import uuid4

import pytest

from tests.consent.making import AGENCY, GUARDED, PURPOSE, SENDER, age_known, answer, case_opened

CONFIRM = {"not_involved": True}
BEST = {"capacity": "best-interests", "decided_by": "th-care-agency", "assent": "given"}


async def is_now(consent, group: str, basis: str = "assessment") -> None:
    await consent.harness.deliver(age_known(consent.case_id, group, basis))


async def post(consent, body, headers=None):
    path = f"/v1/cases/{consent.case_id}/consents"
    return await consent.client.post(path, json=body, headers=headers or consent.worker)


async def confirm(consent, consent_id, headers=None):
    path = f"/v1/consents/{consent_id}/confirm-guardian"
    headers = {**(headers or consent.supervisor), **await consent.seen(consent_id)}
    return await consent.client.post(path, json=CONFIRM, headers=headers)


async def test_whoever_confirms_has_looked_at_this_speaker_and_star_says_of_none(consent):
    await consent.harness.deliver(age_known(consent.case_id, "child"))
    consent_id = await consent.give(**GUARDED)
    path = f"/v1/consents/{consent_id}/confirm-guardian"
    for unseen, status in (("*", 428), ('"2"', 412)):
        headers = {**consent.supervisor, "If-Match": unseen}
        blind = await consent.client.post(path, json=CONFIRM, headers=headers)
        assert blind.status_code == status
    assert (await confirm(consent, consent_id)).status_code == 200


async def state(consent, consent_id) -> str:
    return (await consent.client.get(f"/v1/consents/{consent_id}", headers=consent.worker)).json()["state"]


async def preview(consent) -> str | None:
    body = {
        "case_id": str(consent.case_id),
        "purpose": PURPOSE,
        "recipient": AGENCY,
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "fields": ["cor_FullName"],
    }
    headers = consent.harness.as_service("referral")
    return (await consent.client.post("/internal/v1/preview", json=body, headers=headers)).json()["refusal"]


async def refusals(consent) -> list[str]:
    return [body["reason"] for body in await consent.said("disclosure.refused.v1")]


@pytest.mark.parametrize("basis", ["unknown", "birth_date", "estimate", "flag", "assessment"])
async def test_a_child_does_not_consent_alone_whatever_says_that_she_is_one(consent, basis):
    await is_now(consent, "child", basis)
    for capacity in ("self", "supported"):
        refused = await post(consent, answer(capacity=capacity))
        assert refused.status_code == 422
        assert [(e["loc"], e["code"]) for e in refused.json()["errors"]] == [
            (["body", "capacity"], "child-alone")
        ]
    assert await consent.rows("select 1 from consent.records") == []


async def test_nobody_consents_in_an_adults_place(consent):
    refused = await post(consent, answer(**GUARDED))
    assert [e["code"] for e in refused.json()["errors"]] == ["adult-asked-herself"]


async def test_before_it_is_known_whether_she_is_a_child_nothing_is_taken(consent):
    await consent.harness.deliver(case_opened(uuid4(), consent.person_id))
    other = uuid4()
    await consent.harness.deliver(case_opened(other, consent.person_id))
    answered = await consent.client.post(f"/v1/cases/{other}/consents", json=answer(), headers=consent.worker)
    assert (answered.status_code, answered.headers["retry-after"] != "") == (503, True)


async def test_a_guardians_consent_permits_nothing_until_a_second_person_has_confirmed_it(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    assert (await state(consent, consent_id), await preview(consent)) == ("requested", "guardian_unconfirmed")
    await consent.send()
    assert await refusals(consent) == ["guardian_unconfirmed"]
    assert await consent.said("consent.given.v1", "disclosure.authorised.v1") == []
    assert (await confirm(consent, consent_id)).status_code == 200
    assert (await state(consent, consent_id), await preview(consent)) == ("given", None)
    await consent.send()
    assert [body["revision"] for body in await consent.said("consent.given.v1")] == [2]
    assert len(await consent.said("disclosure.authorised.v1")) == 1


async def test_whoever_recorded_the_guardian_does_not_confirm_it(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    same = await confirm(consent, consent_id, consent.worker)
    assert (same.status_code, same.json()["code"]) == (409, "second-person")
    assert (await state(consent, consent_id), await preview(consent)) == ("requested", "guardian_unconfirmed")
    another = consent.harness.as_("case_worker", org=SENDER, sub="th.another-worker")
    assert (await confirm(consent, consent_id, another)).status_code == 200
    assert (await confirm(consent, consent_id)).status_code == 409


async def test_the_second_person_sees_who_speaks_and_it_stands_nowhere_in_clear(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    seen = await consent.client.get(f"/v1/consents/{consent_id}/guardian", headers=consent.supervisor)
    assert seen.json() == {
        "consent_id": str(consent_id),
        "name": GUARDED["guardian"],
        "relationship": "grandparent",
    }
    kept = await consent.rows(
        "select t::text as whole from consent.records t union all select t::text from consent.revisions t"
    )
    assert not [row for row in kept if "Canary" in row.whole or "grandparent" in row.whole]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({**GUARDED, "guardian": None}, "guardian"),
        ({**GUARDED, "guardian_relationship": None}, "guardian_relationship"),
        ({**GUARDED, "guardian_relationship": "husband"}, "guardian_relationship"),
        ({**GUARDED, "assent": "declined"}, "assent"),
        ({**GUARDED, "assent": "not-asked"}, "assent"),
        ({**BEST, "decided_by": None}, "decided_by"),
        ({**BEST, "decided_by": "th-nobody"}, "decided_by"),
        ({**BEST, "assent": "declined"}, "assent"),
    ],
)
async def test_who_speaks_for_a_child_is_named_and_she_has_assented(consent, changes, where):
    await is_now(consent, "child")
    refused = await post(consent, answer(**{k: v for k, v in changes.items() if v is not None}))
    assert refused.status_code == 422
    assert [error["loc"] for error in refused.json()["errors"]] == [["body", where]]


async def test_where_nobody_is_her_guardian_her_best_interests_are_determined_and_confirmed(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**BEST)
    assert await preview(consent) == "guardian_unconfirmed"
    assert (await confirm(consent, consent_id)).status_code == 200
    assert await preview(consent) is None


async def test_a_consent_given_alone_before_it_was_known_that_she_is_a_child_authorises_nothing_more(consent):
    consent_id = await consent.give()
    before = await consent.send()
    await is_now(consent, "child", "flag")
    assert (await state(consent, consent_id), await preview(consent)) == ("requested", "child_alone")
    refused = await consent.token(before)
    assert (refused.status_code, refused.json()["code"]) == (409, "child_alone")
    await consent.send()
    assert await refusals(consent) == ["child_alone"]
    assert (await consent.renew(consent_id)).status_code == 422
    assert (await consent.renew(consent_id, **GUARDED)).status_code == 200
    assert await preview(consent) == "guardian_unconfirmed"
    assert (await confirm(consent, consent_id)).status_code == 200
    assert (await state(consent, consent_id), await preview(consent)) == ("renewed", None)


async def test_at_eighteen_what_a_guardian_agreed_to_lapses_and_she_is_asked_herself(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    await confirm(consent, consent_id)
    sent = await consent.send()
    await is_now(consent, "adult", "birth_date")
    assert (await state(consent, consent_id), await preview(consent)) == ("requested", "came_of_age")
    assert (await consent.token(sent, revision=2)).json()["code"] == "came_of_age"
    assert (await confirm(consent, consent_id)).status_code == 422
    assert [body["awaits"] for body in await consent.said("consent.requested.v1")] == [
        "guardian_unconfirmed",
        "came_of_age",
    ]
    assert await consent.said("disclosure.recalled.v1") == []
    assert (await consent.renew(consent_id)).status_code == 200
    assert (await state(consent, consent_id), await preview(consent)) == ("renewed", None)


async def test_who_is_not_asked_again_in_time_is_recalled(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    await confirm(consent, consent_id)
    await consent.send()
    await is_now(consent, "adult", "birth_date")
    (until,) = (await consent.rows("select valid_until - now() as left from consent.records"))[0]
    assert 29 <= until.days <= 30
    async with consent.intruder.begin() as conn:
        from sqlalchemy import text

        await conn.execute(text("delete from chassis.work where kind = 'look'"))  # no agreement has changed
        await conn.execute(
            text(
                "update consent.records set terms = jsonb_set(terms, '{valid_until}', '\"2026-01-01T00:00:00+00:00\"')"
            )
        )
    await consent.harness.work(hasten=True)
    assert await state(consent, consent_id) == "expired"
    assert [body["reason"] for body in await consent.said("disclosure.recalled.v1")] == ["expired"]


async def test_she_says_no_at_eighteen_and_everything_is_recalled(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    await confirm(consent, consent_id)
    await consent.send()
    await is_now(consent, "adult", "birth_date")
    assert (await consent.withdraw(consent_id)).status_code in {200, 202}
    assert [body["reason"] for body in await consent.said("disclosure.recalled.v1")] == ["withdrawn"]


async def test_the_second_person_who_knows_better_ends_it(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    path = f"/v1/consents/{consent_id}/revoke"
    assert (await consent.client.post(path, headers=consent.supervisor)).status_code in {200, 202}
    assert (await confirm(consent, consent_id)).status_code == 409


async def test_a_renewal_by_a_guardian_waits_for_the_second_person_too(consent):
    await is_now(consent, "child")
    consent_id = await consent.give(**GUARDED)
    await confirm(consent, consent_id)
    assert (await consent.renew(consent_id, **GUARDED)).status_code == 200
    assert await preview(consent) == "guardian_unconfirmed"
