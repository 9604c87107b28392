"""One who cannot be asked is handed over on a legal basis, with the least, inside the country; a second person looks at it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.disclosure import fields_hash
from contracts.events.intake import CaseReopenedV1, CaseTransferredV1, ErasureConfirmedV1
from contracts.protection import protection
from tests.consent.making import (
    AGENCY,
    SENDER,
    age_known,
    agreement_changed,
    answer,
    directory_changed,
    disclosure_of,
    referral_sent,
)

SHELTER, LAWYER = "th-shelter", "th-legal-aid"
LAW = "th-personal-data-26-1"
LEAST = ("cor_FullName", "cor_Needs", "prs_PrimaryLanguage")
ASKED = (*LEAST, "cor_Health", "prs_MobilePhone", "vic_TypeOfExploitation")
REASONS = "unconscious since the raid, Canary; those who held her wait outside"


@pytest.fixture
async def unit(consent):
    """A case with an agreement, a shelter and a lawyer inside the country."""
    for event in (
        agreement_changed(agreement_id="th-th", cells=("TH",), purposes=("protection",), fields=ASKED),
        directory_changed(organisation=SHELTER, cell="TH", role="shelter"),
        directory_changed(organisation=LAWYER, cell="TH", role="legal"),
    ):
        await consent.harness.deliver(event)
    return consent


def form(**changes) -> dict:
    return {"recipient": SHELTER, "law": LAW, "reasons": REASONS, **changes}


async def protect(unit, headers=None, **changes):
    path = f"/v1/cases/{unit.case_id}/protections"
    return await unit.client.post(path, json=form(**changes), headers=headers or unit.worker)


async def protected(unit) -> UUID:
    made = await protect(unit)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


async def hand_over(unit, **changes) -> UUID:
    """A transfer to the shelter is sent; answers the id of its disclosure."""
    values = {
        "recipient": SHELTER,
        "recipient_cell": "TH",
        "recipient_role": "shelter",
        "purpose": "protection",
        "urgency": "immediate",
        "fields": ASKED,
        "kind": "transfer",
    }
    event = referral_sent(unit.case_id, **{**values, **changes})
    await unit.harness.deliver(event)
    return disclosure_of(event.referral_id)


async def review(unit, consent_id, *, upheld=True, headers=None, **changes):
    body = {"upheld": upheld, "reasons": "seen with the doctor", **changes}
    path = f"/v1/protections/{consent_id}/review"
    return await unit.client.post(path, json=body, headers=headers or unit.supervisor)


async def state(unit, consent_id) -> str:
    return (await unit.client.get(f"/v1/consents/{consent_id}", headers=unit.worker)).json()["state"]


async def refusals(unit) -> list[str]:
    return [body["reason"] for body in await unit.said("disclosure.refused.v1")]


async def unreviewed(unit, headers=None) -> list[dict]:
    answered = await unit.client.get("/v1/protections", headers=headers or unit.supervisor)
    assert answered.status_code == 200, answered.text
    return answered.json()["items"]


@pytest.mark.parametrize("role", ["screening_officer", "case_worker", "supervisor"])
async def test_who_cannot_be_asked_is_handed_over_with_the_least_and_nobody_says_that_she_consented(
    unit, role
):
    made = await protect(unit, unit.harness.as_(role, org=SENDER))
    assert made.status_code == 201, made.text
    await hand_over(unit)
    (authorised,) = await unit.said("disclosure.authorised.v1")
    assert (tuple(authorised["fields"]), authorised["kind"]) == (LEAST, "transfer")
    assert (authorised["basis"], authorised["law"]) == ("immediate-protection", LAW)
    assert {w["field"]: w["reason"] for w in authorised["withheld"]} == dict.fromkeys(
        ("cor_Health", "prs_MobilePhone", "vic_TypeOfExploitation"), "not_least"
    )
    assert [b["law"] for b in await unit.said("protection.recorded.v1")] == [LAW]
    assert await unit.said("consent.given.v1", "consent.requested.v1") == []


async def test_the_ledger_names_the_law_and_the_token_is_given_for_the_least_alone(unit):
    await protected(unit)
    disclosure_id = await hand_over(unit)
    token = await unit.token(disclosure_id, recipient=SHELTER, fields_hash=fields_hash(LEAST))
    assert token.status_code == 200, token.text
    more = await unit.token(disclosure_id, recipient=SHELTER, fields_hash=fields_hash(ASKED))
    assert more.json()["code"] == "disclosure_changed"
    path = f"/v1/cases/{unit.case_id}/ledger"
    entry = (await unit.client.get(path, headers=unit.worker)).json()["items"][0]
    assert (entry["step"], entry["law"], tuple(entry["fields"])) == ("authorised", LAW, LEAST)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "referral"}, "protection_by_transfer"),
        ({"purpose": "legal-aid"}, "purpose_not_consented"),
        ({"recipient": LAWYER, "recipient_role": "shelter"}, "recipient_not_consented"),
        ({"recipient": AGENCY, "recipient_cell": "KH"}, "transfer_abroad"),
        ({"recipient": AGENCY, "recipient_cell": "KH", "kind": "referral"}, "recipient_not_consented"),
        ({"fields": ("cor_Health",)}, "nothing_to_disclose"),
    ],
)
async def test_it_lets_nothing_else_be_done(unit, changes, reason):
    await protected(unit)
    await hand_over(unit, **changes)
    assert (await refusals(unit), await unit.said("disclosure.authorised.v1")) == ([reason], [])


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"recipient": LAWYER}, "recipient", "protection_role"),
        ({"recipient": AGENCY}, "recipient", "not-listed"),
        ({"recipient": "th-nobody"}, "recipient", "not-listed"),
        ({"law": "kh-victim-standards-2009"}, "law", "other-country"),
        ({"law": "th-whatever"}, "law", None),
        ({"reasons": " \n "}, "reasons", None),
        ({"fields": ["cor_Health"]}, "fields", None),
        ({"valid_until": "2027-11-26T01:00:00Z"}, "valid_until", None),
    ],
)
async def test_to_whom_under_which_law_and_why_and_no_field_by_which_more_could_be_had(
    unit, changes, where, code
):
    refused = await protect(unit, **changes)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["loc"][1] == where
    assert code in {None, error.get("code")}
    assert await unit.rows("select 1 from consent.records") == []


async def test_a_consent_does_not_claim_to_be_one_and_one_is_not_renewed(unit):
    path = f"/v1/cases/{unit.case_id}/consents"
    claimed = await unit.client.post(
        path, json=answer(legal_basis="immediate-protection"), headers=unit.worker
    )
    assert claimed.status_code == 422
    consent_id = await protected(unit)
    assert (await unit.renew(consent_id)).status_code == 409
    assert await state(unit, consent_id) == "protected"


@pytest.mark.parametrize("no", ["refused", "withdrawn"])
async def test_while_the_last_that_she_said_is_no_it_is_not_recorded(unit, no):
    if no == "refused":
        path = f"/v1/cases/{unit.case_id}/consents"
        await unit.client.post(path, json=answer("refused"), headers=unit.worker)
    else:
        await unit.withdraw(await unit.give())
    refused = await protect(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "her-no-stands")
    await unit.give()
    assert (await protect(unit)).status_code == 201


async def test_her_erasure_is_no_word_of_hers_and_bars_no_rescue_of_who_is_referred_again(unit):
    await unit.give()
    await unit.harness.deliver(ErasureConfirmedV1(case_id=unit.case_id, erasure_id=uuid4()))
    await unit.harness.work(hasten=True)
    person = uuid4()
    await unit.harness.service.vault.create(person)
    await unit.harness.deliver(CaseReopenedV1(case_id=unit.case_id, person_id=person))
    made = await protect(unit)
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("no", ["ends it", "refuses", "withdraws another"])
async def test_her_no_ends_it_and_recalls_what_went(unit, no):
    other = await unit.give()
    consent_id = await protected(unit)
    disclosure_id = await hand_over(unit)
    if no == "refuses":
        path = f"/v1/cases/{unit.case_id}/consents"
        await unit.client.post(path, json=answer("refused"), headers=unit.worker)
    else:
        await unit.withdraw(consent_id if no == "ends it" else other)
    assert await state(unit, consent_id) == "withdrawn"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["withdrawn"]
    refused = await unit.token(disclosure_id, recipient=SHELTER, fields_hash=fields_hash(LEAST))
    assert refused.json()["code"] == "consent_withdrawn"
    assert (await protect(unit)).json()["code"] == "her-no-stands"


async def test_a_part_that_she_takes_back_ends_it_whole(unit):
    consent_id = await protected(unit)
    path = f"/v1/consents/{consent_id}/withdraw-part"
    await unit.client.post(path, json={"categories": ["needs"]}, headers=unit.worker)
    assert await state(unit, consent_id) == "withdrawn"


@pytest.mark.parametrize("group", ["child", "adult"])
async def test_her_age_does_not_end_it(unit, group):
    consent_id = await protected(unit)
    for known in (group, "child", "adult"):
        await unit.harness.deliver(age_known(unit.case_id, known))
    assert await state(unit, consent_id) == "protected"
    assert await unit.harness.parked() == []


async def test_it_ends_by_itself_after_three_days_and_recalls_what_went(unit):
    consent_id = await protected(unit)
    await hand_over(unit)
    (lasts,) = (await unit.rows("select valid_until - created_at as left from consent.records"))[0]
    assert abs(protection().valid_for - lasts).total_seconds() < 5
    async with unit.intruder.begin() as conn:
        past = "jsonb_set(terms, '{valid_until}', '\"2026-01-01T00:00:00+00:00\"')"
        await conn.execute(text(f"update consent.records set terms = {past}"))
    await unit.harness.work(hasten=True)
    assert await state(unit, consent_id) == "expired"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["expired"]
    assert (await unit.renew(consent_id)).status_code == 409


async def test_a_second_person_sees_the_reasons_and_they_stand_nowhere_in_clear(unit):
    consent_id = await protected(unit)
    (item,) = await unreviewed(unit)
    assert (item["consent_id"], item["law"], item["recipients"], item["overdue"]) == (
        str(consent_id),
        LAW,
        [SHELTER],
        False,
    )
    seen = await unit.client.get(f"/v1/protections/{consent_id}", headers=unit.supervisor)
    assert (seen.json()["reasons"], seen.headers["cache-control"]) == (REASONS, "no-store")
    assert (await review(unit, consent_id)).status_code == 200
    assert (await unreviewed(unit), await state(unit, consent_id)) == ([], "protected")
    assert [b["upheld"] for b in await unit.said("protection.reviewed.v1")] == [True]
    kept = await unit.rows(
        "select t::text as whole from consent.records t union all select t::text from consent.revisions t"
    )
    assert not [row for row in kept if "Canary" in row.whole or "doctor" in row.whole]
    whole = (await unit.client.get(f"/v1/consents/{consent_id}", headers=unit.worker)).json()
    assert (whole["intact"], whole["terms"]["upheld"]) == (True, True)


async def test_not_upheld_it_is_revoked_and_what_went_is_recalled(unit):
    consent_id = await protected(unit)
    await hand_over(unit)
    assert (await review(unit, consent_id, upheld=False)).status_code in {200, 202}
    assert await state(unit, consent_id) == "revoked"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["revoked"]
    assert (await review(unit, consent_id)).status_code == 409


async def test_whoever_recorded_it_does_not_review_it_and_a_worker_does_not(unit):
    made = await protect(unit, unit.supervisor)
    consent_id = UUID(made.json()["id"])
    same = await review(unit, consent_id)
    assert (same.status_code, same.json()["code"]) == (409, "second-person")
    assert (await review(unit, consent_id, headers=unit.worker)).status_code == 404
    another = unit.harness.as_("supervisor", org=SENDER, sub="th.another-supervisor")
    blank = await review(unit, consent_id, headers=another, reasons=" ")
    assert blank.status_code == 422
    assert (await review(unit, consent_id, headers=another)).status_code == 200


async def test_after_the_hand_over_and_after_its_end_it_is_still_reviewed(unit):
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    handed_over = CaseTransferredV1(
        case_id=unit.case_id,
        referral_id=uuid4(),
        organisation=SENDER,
        recipient=SHELTER,
        at="2026-11-26T01:00:00Z",
    )
    await unit.harness.deliver(handed_over)
    assert [item["state"] for item in await unreviewed(unit)] == ["withdrawn"]
    assert (await review(unit, consent_id, upheld=False)).status_code == 200
    assert await unit.said("consent.revoked.v1") == []


async def test_a_review_of_what_she_ended_does_not_undo_what_she_said_since(unit):
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    await unit.give()
    await review(unit, consent_id)
    assert (await protect(unit)).status_code == 201


@pytest.mark.parametrize("looked", [True, False])
async def test_supervisors_are_alarmed_when_nobody_looked_in_time(unit, looked):
    consent_id = await protected(unit)
    if looked:
        await review(unit, consent_id)
    await unit.harness.work(hasten=True)
    said = [(b["consent_id"], b["organisation"]) for b in await unit.said("protection.unreviewed.v1")]
    assert said == ([] if looked else [(str(consent_id), SENDER)])
